// TAESD, the tiny autoencoder (Bohan 2023, github.com/madebyollin/taesd): residual blocks of one width without norms,
// trained to do what a family's own autoencoder does. A tenth of the work; the finest detail is its invention.
// Its latents are those that the network sees, without scale and shift.
#pragma once

#include <optional>
#include <vector>

#include "models/parts.h"
#include "nn/layers.h"
#include "weights/catalog.h"

namespace pxf::vae {

/// One half of it, as its file tells: a layer is a convolution or a block of three.
struct TinyHalf {
  struct Conv {
    Conv2d conv;
    bool resamples;  // those without a bias: by 2, up in the decoder, down in the encoder
  };
  struct Block {
    Conv2d first, second, third;
    std::optional<Conv2d> skip;

    Tensor operator()(const Tensor& x) const;
  };
  struct Layer {
    std::optional<Conv> conv;
    std::optional<Block> block;
  };
  std::vector<Layer> layers;

  /// Reads which layers there are and declares them. `down`: the encoder's way to resample.
  void declare(Scope s, const Catalog& names, bool down);
  std::int64_t resamplings() const;
};

/// Where a file keeps its halves; it may lack one.
struct TinyFile {
  std::optional<Catalog> encoder, decoder;
};
/// In diffusers' names or TAESD's own, each half in a file of its own or both in one; nothing when it is no such file.
std::optional<TinyFile> find_tiny(const Catalog& file);

class Tiny final : public Autoencoder {
 public:
  /// Throws Failure(bad_file) for one without a decoder, or that does not shrink by 8.
  explicit Tiny(const TinyFile& file);

  Tensor decode(const Tensor& latent) const override;
  Moments encode(const Tensor& picture) const override;
  std::uint64_t working_bytes(std::int64_t batch, std::int64_t height, std::int64_t width) const override;
  std::int64_t latent_channels() const override { return latent_channels_; }
  bool has_encoder() const override { return !encoder_.layers.empty(); }
  std::optional<double> latent_scale() const override { return 1; }

 private:
  TinyHalf encoder_, decoder_;
  std::int64_t latent_channels_ = 0, width_ = 0;
};

}  // namespace pxf::vae
