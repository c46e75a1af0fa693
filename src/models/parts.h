// The parts of a diffusion model, as everything outside models/ uses them: which family a part belongs to is answered
// here and asked nowhere else. Pictures and latents are channels-last. A part is immutable once bound; calls on
// different contexts may run at the same time.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "nn/scope.h"
#include "pixelforge/guidance.h"
#include "pixelforge/shortcuts.h"
#include "tensor/tensor.h"

namespace pxf {

/// What guides the network, per picture.
struct Conditioning {
  Tensor context;      // (B, tokens, width): rows of text features
  Tensor vector = {};  // (B, vector_width()) of families that add one to the time embedding; else undefined
};

/// What SDXL is told of a picture besides its prompt: sides in pixels. Podell et al. 2023, sections 2.2 and 2.3.
struct SizeConditioning {
  double height = 1024, width = 1024;
  double crop_top = 0, crop_left = 0;
  double target_height = 1024, target_width = 1024;
  double aesthetic_score = 6;  // the refiner is told this in place of the target's sides; 2.5 for the negative prompt
};

/// How a picture is evaluated worse than the network can, for guidance to lead away from.
struct Perturbation {
  enum class Kind : std::uint8_t {
    identity_attention,  // each place sees itself alone
    blurred_queries,
    skipped,  // what goes into a block comes out
  };
  Kind kind = Kind::identity_attention;
  double blur_sigma = std::numeric_limits<double>::infinity();
  std::vector<bool> blocks = {};  // in which of Network::transformer_blocks
};

/// What the inner layers of the network gave, for evaluations to come that leave them out.
struct DeepFeatures {
  int depth = 1;         // layers on either way that are no inner ones, counted from the outside
  Tensor features = {};  // undefined: all layers run, and it is set; else it stands in for the inner ones
};

/// What an evaluation does otherwise than the network was trained.
struct Alterations {
  std::span<const Perturbation* const> perturbed = {};  // one a picture of the batch, null: not; empty: none is
  const FreeU* freeu = nullptr;                         // of all pictures; of its interval the caller takes care
  const TokenMerging* merging = nullptr;                // likewise
  DeepFeatures* deep = nullptr;                         // of the same rows; null: all layers run
};

/// The network that is evaluated at every step.
class Network {
 public:
  virtual ~Network() = default;
  /// x (B, H, W, in_channels) already scaled for the network, one (fractional) timestep a picture -> its raw prediction
  /// (B, H, W, out_channels).
  Tensor predict(const Tensor& x, std::span<const double> timesteps, const Conditioning& cond) const {
    return predict(x, timesteps, cond, {});
  }
  virtual Tensor predict(const Tensor& x, std::span<const double> timesteps, const Conditioning& cond,
                         const Alterations& how) const = 0;
  /// The blocks that a Perturbation can act in, by name, in their order: "input.4.0". Empty: none.
  virtual std::vector<std::string> transformer_blocks() const { return {}; }
  /// Layers on its way up, each of which takes up what one of the way down has left, so that DeepFeatures may have any
  /// depth below that; 0: it is of another form.
  virtual int layers() const { return 0; }
  /// Memory that predict needs for its intermediate results, about; weights not counted.
  virtual std::uint64_t working_bytes(std::int64_t batch, std::int64_t height, std::int64_t width) const = 0;
  virtual std::int64_t in_channels() const = 0;
  virtual std::int64_t context_width() const = 0;
  /// Numbers in a conditioning's vector; 0: it has none.
  virtual std::int64_t vector_width() const { return 0; }
  const Declarations& declarations() const noexcept { return declarations_; }

 protected:
  Declarations declarations_;
};

/// Pictures to latents and back, in the autoencoder's own scale.
class Autoencoder {
 public:
  struct Moments {
    Tensor mean, logvar;  // (B, H / 8, W / 8, z)
  };
  virtual ~Autoencoder() = default;
  /// (B, h, w, z) -> (B, 8 h, 8 w, 3), nominally -1 to 1, not clamped.
  virtual Tensor decode(const Tensor& latent) const = 0;
  /// (B, H, W, 3) of -1 to 1, sides multiples of 8.
  virtual Moments encode(const Tensor& picture) const = 0;
  /// The same bytes from less memory: of one picture, its layers one after another in bands of rows, each band of about
  /// `band` numbers. An autoencoder that needs little memory anyway works as ever.
  virtual Tensor decode_in_bands(const Tensor& latent, std::int64_t band) const {
    static_cast<void>(band);
    return decode(latent);
  }
  virtual Moments encode_in_bands(const Tensor& picture, std::int64_t band) const {
    static_cast<void>(band);
    return encode(picture);
  }
  /// Memory that decode and encode need for their intermediate results, about, for a latent of this size; weights not
  /// counted.
  virtual std::uint64_t working_bytes(std::int64_t batch, std::int64_t height, std::int64_t width) const = 0;
  /// The same in bands.
  virtual std::uint64_t working_bytes_in_bands(std::int64_t height, std::int64_t width, std::int64_t band) const {
    static_cast<void>(band);
    return working_bytes(1, height, width);
  }
  /// latent = mean * this, where the file's own latents are of another scale than the family's: 1 for tiny ones.
  virtual std::optional<double> latent_scale() const { return std::nullopt; }
  virtual std::int64_t latent_channels() const = 0;
  virtual bool has_encoder() const = 0;
  const Declarations& declarations() const noexcept { return declarations_; }

 protected:
  Declarations declarations_;
};

/// Token ids to features.
class TextEncoder {
 public:
  struct Output {
    Tensor features;     // (B, N, width)
    Tensor pooled = {};  // (B, width): the last layer's row of each first end token; undefined where nobody wants it
  };
  struct Rows {
    Tensor ids;           // (B, N), i32, N at most positions()
    Tensor vectors = {};  // (n, width): what ids from vocabulary() on stand for; undefined where there are none
  };
  virtual ~TextEncoder() = default;
  /// clip_skip n takes the output of the n-th layer from the end (1: the last).
  virtual Output encode(const Rows& rows, int clip_skip) const = 0;
  virtual std::int64_t layers() const = 0;
  virtual std::int64_t positions() const = 0;
  virtual std::int64_t vocabulary() const = 0;
  virtual std::int64_t width() const = 0;
  /// What fills a row up after its end token.
  virtual std::int32_t padding_id() const = 0;
  const Declarations& declarations() const noexcept { return declarations_; }

 protected:
  Declarations declarations_;
};

}  // namespace pxf
