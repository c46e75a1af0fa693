// What a picture will be, told in the middle of sampling from the clean latent that the sampler expects: its colours,
// which are nearly a linear function of the latent, or what a tiny autoencoder makes of it.
// It takes at most a fiftieth of the time: the tiny autoencoder is asked only when that much has been earned, and the
// colours cost next to nothing. The result's bytes never depend on it.
#pragma once

#include <memory>
#include <mutex>
#include <optional>

#include "base/stopwatch.h"
#include "models/family.h"
#include "ops/context.h"
#include "pixelforge/image.h"

namespace pxf {

/// A checkpoint's, found once.
struct ColoursCache {
  std::mutex mutex = {};
  std::optional<LatentColours> colours = {};  // guarded by the mutex
};

/// Those of the model's latents: its family's, where the autoencoder is the published one, else fitted to what the
/// autoencoder makes of random latents (least squares). The latter decodes one small picture.
LatentColours colours_of(Context& ctx, const Model& model);

class Previewer {
 public:
  /// `tiny` may be null.
  Previewer(const LatentColours& colours, std::shared_ptr<const Autoencoder> tiny)
      : colours_(colours), tiny_(std::move(tiny)) {}

  /// denoised (1, h, w, channels), in the sampler's scale. From the colours one pixel a place; the tiny autoencoder
  /// gives the whole size.
  Image operator()(const Tensor& denoised);

 private:
  bool may_decode(const Tensor& denoised);
  Image decoded(const Tensor& denoised);
  Image coloured(const Tensor& denoised) const;

  LatentColours colours_;
  std::shared_ptr<const Autoencoder> tiny_;
  Stopwatch start_;
  double spent_ = 0;              // seconds
  double seconds_per_place_ = 0;  // of decoding; 0: not measured yet
};

/// Of numbers from -1 to 1: (1, H, W, 3).
Image image_of(const Tensor& picture);

}  // namespace pxf
