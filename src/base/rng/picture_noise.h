// The noise of one picture, as A1111 and ComfyUI make it from seeds. Laid out (channels, height, width) of the latent.
// One thread at a time uses an object.
#pragma once

#include <span>
#include <vector>

#include "base/rng/generator.h"

namespace pxf {

struct NoiseShape {
  std::size_t channels, height, width;
  std::size_t count() const { return channels * height * width; }
  bool operator==(const NoiseShape&) const = default;
};

/// A1111's ways to vary a seed; nothing by default. Sizes are the latent's: pixels / 8.
struct SeedVariation {
  std::uint64_t subseed = 0;
  double subseed_strength = 0;                                // 0: the seed's noise; 1: the sub-seed's
  std::size_t resize_from_height = 0, resize_from_width = 0;  // the picture of this size, in a larger or smaller one
  std::uint64_t eta_noise_seed_delta = 0;  // added to the seed for what is drawn after the initial noise
};

/// A1111's ImageRNG for one picture; the k-th of a batch has seed + k, and, with a sub-seed, the first seed and
/// sub-seed + k.
class PictureNoise {
 public:
  PictureNoise(GeneratorKind kind, std::uint64_t seed, NoiseShape shape, const SeedVariation& variation = {});

  /// The initial noise at first, then what ancestral samplers draw.
  std::vector<float> next();

 private:
  std::vector<float> first();

  GeneratorKind kind_;
  std::uint64_t seed_;
  NoiseShape shape_;
  SeedVariation variation_;
  std::unique_ptr<Generator> generator_;
  bool is_first_ = true;
};

/// On the great circle from low (share 0) to high (share 1), for every column (channel, :, x) on its own; both of one
/// shape. Nearly parallel ones are mixed straight, with the shares exchanged, as in A1111.
std::vector<float> slerp(double share, std::span<const float> low, std::span<const float> high, NoiseShape shape);

/// ComfyUI's noise of a batch: one generator draws it all, so a picture's noise depends on the batch. With `indices`,
/// each picture has the noise drawn as the indices[k]-th, one picture at a time.
std::vector<float> comfy_batch_noise(std::uint64_t seed, std::size_t batch, NoiseShape shape);
std::vector<float> comfy_batch_noise(std::uint64_t seed, std::span<const std::size_t> indices, NoiseShape shape);

}  // namespace pxf
