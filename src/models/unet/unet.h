// The UNet of latent diffusion, in the layout of its published checkpoints. Rombach et al. 2022, "High-Resolution Image
// Synthesis with Latent Diffusion Models".
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "models/parts.h"
#include "models/unet/layout.h"
#include "models/unet/resnet_block.h"
#include "models/unet/transformer.h"

namespace pxf::unet {

class Unet final : public Network {
 public:
  explicit Unet(Layout layout);

  using Network::predict;
  Tensor predict(const Tensor& x, std::span<const double> timesteps, const Conditioning& cond,
                 const Alterations& how) const override;
  /// As checkpoints number them: "input.1.0" is transformer_blocks.0 of input_blocks.1, "mid.0", "output.3.0".
  std::vector<std::string> transformer_blocks() const override { return transformer_blocks_; }
  std::uint64_t working_bytes(std::int64_t batch, std::int64_t height, std::int64_t width) const override;
  int layers() const override { return static_cast<int>(up_.size()); }
  std::int64_t in_channels() const override { return layout_.in_channels; }
  std::int64_t context_width() const override { return layout_.context; }
  std::int64_t vector_width() const override { return layout_.vector; }

 private:
  // What the timesteps and the conditioning's vector add to every block: (B, embedding).
  Tensor embed(const Tensor& x, std::span<const double> timesteps, const Conditioning& cond) const;

  // Before an output block.
  void apply_freeu(const FreeU& freeu, int level, Tensor& h, Tensor& skip) const;

  struct Block {
    std::optional<ResnetBlock> resnet;
    std::optional<SpatialTransformer> attention;
    std::optional<Conv2d> resample;  // down: stride 2, alone; up: after doubling the size

    Tensor operator()(Tensor x, const Tensor& e, const Tensor& context, const Alterations& how) const;
  };
  void declare(Scope s);
  void declare_block(Scope s, const Layout::Block& layout, const std::string& name, Block& block);
  void name_blocks(const std::string& layer, SpatialTransformer& transformer);
  void number_levels();

  /// What the first `layers` of the way down leave for the way up, and the first convolution before them.
  std::vector<Tensor> descend(const Tensor& x, std::size_t layers, const Tensor& e, const Tensor& context,
                              const Alterations& how) const;
  Tensor turn(const Tensor& x, const Tensor& e, const Tensor& context, const Alterations& how) const;

  Layout layout_;
  Linear time_in_, time_out_, vector_in_, vector_out_;
  Conv2d conv_in_, conv_out_;
  std::vector<Block> down_, up_;
  ResnetBlock middle_in_, middle_out_;
  std::optional<SpatialTransformer> middle_attention_;
  GroupNorm norm_out_;
  std::vector<std::string> transformer_blocks_;
};

}  // namespace pxf::unet
