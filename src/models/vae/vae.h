// The autoencoder of latent diffusion (KL-regularised), in the layout of its published checkpoints. Rombach et al.
// 2022.
#pragma once

#include <optional>
#include <vector>

#include "models/parts.h"
#include "nn/layers.h"
#include "weights/catalog.h"

namespace pxf::vae {

struct ResnetBlock {  // (B, H, W, in) -> (B, H, W, out)
  GroupNorm norm1, norm2;
  Conv2d conv1, conv2;
  std::optional<Conv2d> nin_shortcut;

  void declare(Scope s, std::int64_t in, std::int64_t out, std::int64_t groups);
  Tensor operator()(const Tensor& x) const;
};

struct AttentionBlock {  // one head over all places
  GroupNorm norm;
  Linear q, k, v, proj_out;  // stored as 1x1 convolutions, in some files as matrices

  void declare(Scope s, std::int64_t channels, std::int64_t groups);
  Tensor operator()(const Tensor& x) const;
};

struct Middle {
  ResnetBlock block_1, block_2;
  AttentionBlock attn_1;

  void declare(Scope s, std::int64_t channels, std::int64_t groups);
  Tensor operator()(const Tensor& x) const { return block_2(attn_1(block_1(x))); }
};

/// One half of the autoencoder, as the names tell it.
struct HalfLayout {
  struct Level {
    std::vector<std::int64_t> widths;  // of each block's result
    bool resample = false;
  };
  std::int64_t first = 0;     // width after conv_in
  std::int64_t middle = 0;    // width of the middle
  std::int64_t channels = 0;  // of the result
  std::vector<Level> levels;  // 0 is the full resolution
};

struct Layout {
  std::int64_t groups = 32;
  std::int64_t latent_channels = 4;
  bool quant = true;  // 1x1 convolutions about the latent
  std::optional<HalfLayout> encoder;
  HalfLayout decoder;
};

/// `names` are those under "first_stage_model". Throws Failure(bad_file) when there is no decoder.
Layout read_layout(const Catalog& names, std::int64_t groups);

class Vae final : public Autoencoder {
 public:
  explicit Vae(Layout layout);

  Tensor decode(const Tensor& latent) const override;
  Moments encode(const Tensor& picture) const override;
  Tensor decode_in_bands(const Tensor& latent, std::int64_t band) const override;
  Moments encode_in_bands(const Tensor& picture, std::int64_t band) const override;
  std::uint64_t working_bytes(std::int64_t batch, std::int64_t height, std::int64_t width) const override;
  std::uint64_t working_bytes_in_bands(std::int64_t height, std::int64_t width, std::int64_t band) const override;
  std::int64_t latent_channels() const override { return layout_.latent_channels; }
  bool has_encoder() const override { return layout_.encoder.has_value(); }

 private:
  struct Level {
    std::vector<ResnetBlock> blocks;
    std::optional<Conv2d> resample;
  };
  struct Half {
    Conv2d conv_in, conv_out;
    GroupNorm norm_out;
    Middle mid;
    std::vector<Level> levels;
  };
  void check_latent(const Tensor& latent) const;
  void check_picture(const Tensor& picture) const;
  Moments moments_of(Tensor encoded) const;
  void declare_encoder(Scope s);
  void declare_decoder(Scope s);

  Layout layout_;
  Half encoder_, decoder_;
  Conv2d quant_conv_, post_quant_conv_;
};

}  // namespace pxf::vae
