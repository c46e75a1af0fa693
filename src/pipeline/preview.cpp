#include "pipeline/preview.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "base/rng/generator.h"
#include "nn/scope.h"
#include "ops/elementwise.h"
#include "weights/binding.h"

namespace pxf {
namespace {

constexpr double kShareOfTime = 0.02;  // of the time, at most

// The published autoencoders' decoders have 49.5 million parameters; smaller ones have latents of their own.
constexpr std::int64_t kPublishedParameters = 40'000'000;

/// A latent of patches of one value: colours are what is wanted of the autoencoder, not the texture that it makes of
/// noise.
constexpr std::int64_t kSide = 8, kPatch = 2;

Tensor random_patches(Context& ctx, std::int64_t channels) {
  constexpr std::int64_t kPatches = kSide / kPatch;
  std::vector<float> values(static_cast<std::size_t>(kPatches * kPatches * channels));
  make_generator(GeneratorKind::torch_cpu, 0)->randn(values);
  Tensor out = ctx.empty({1, kSide, kSide, channels});
  float* to = out.f32();
  for (std::int64_t y = 0; y < kSide; ++y) {
    for (std::int64_t x = 0; x < kSide; ++x) {
      const std::int64_t patch = y / kPatch * kPatches + x / kPatch;
      to = std::copy_n(values.begin() + patch * channels, channels, to);
    }
  }
  return out;
}

/// The mean colour of each place's pixels: (places, 3).
std::vector<double> mean_colours(const Tensor& picture, std::int64_t factor) {
  const std::int64_t width = picture.dim(2), across = width / factor;
  std::vector<double> out(static_cast<std::size_t>(picture.numel() / factor / factor));
  const float* pixels = picture.f32();
  for (std::int64_t y = 0; y < picture.dim(1); ++y) {
    for (std::int64_t x = 0; x < width; ++x) {
      for (std::int64_t c = 0; c < 3; ++c) {
        out[static_cast<std::size_t>((y / factor * across + x / factor) * 3 + c)] += pixels[(y * width + x) * 3 + c];
      }
    }
  }
  for (double& v : out) v /= static_cast<double>(factor * factor);
  return out;
}

/// Solves a x = b for n right sides of three numbers each, in place; a (n, n), symmetric and positive definite.
void solve(std::vector<double>& a, std::vector<double>& b, std::size_t n) {
  for (std::size_t k = 0; k < n; ++k) {
    for (std::size_t row = 0; row < n; ++row) {
      if (row == k) continue;
      const double f = a[row * n + k] / a[k * n + k];
      for (std::size_t j = k; j < n; ++j) a[row * n + j] -= f * a[k * n + j];
      for (std::size_t c = 0; c < 3; ++c) b[row * 3 + c] -= f * b[k * 3 + c];
    }
  }
  for (std::size_t k = 0; k < n; ++k) {
    for (std::size_t c = 0; c < 3; ++c) b[k * 3 + c] /= a[k * n + k];
  }
}

/// Least squares, by the normal equations: colours = factors^T latent + bias.
LatentColours fit(const Tensor& latent, const std::vector<double>& colours) {
  const auto channels = static_cast<std::size_t>(latent.dim(3)), n = channels + 1;
  std::vector<double> a(n * n), b(n * 3), x(n, 1);
  const std::span<const float> values = latent.span<float>();
  for (std::size_t place = 0; place * 3 < colours.size(); ++place) {
    std::copy_n(values.begin() + static_cast<std::ptrdiff_t>(place * channels), channels, x.begin());
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = 0; j < n; ++j) a[i * n + j] += x[i] * x[j];
      for (std::size_t c = 0; c < 3; ++c) b[i * 3 + c] += x[i] * colours[place * 3 + c];
    }
  }
  for (std::size_t i = 0; i < n; ++i) a[i * n + i] += 1e-9;
  solve(a, b, n);
  LatentColours out;
  for (std::size_t i = 0; i < channels; ++i) out.factors.push_back({b[i * 3], b[i * 3 + 1], b[i * 3 + 2]});
  out.bias = {b[channels * 3], b[channels * 3 + 1], b[channels * 3 + 2]};
  return out;
}

}  // namespace

LatentColours colours_of(Context& ctx, const Model& model) {
  const LatentSpace& space = model.latent;
  if (!space.colours.factors.empty() &&
      extent_of(model.autoencoder->declarations()).parameters >= kPublishedParameters) {
    return space.colours;
  }
  const Tensor latent = random_patches(ctx, space.channels);
  const Tensor picture = model.autoencoder->decode(mean_from(space, latent));
  return fit(latent, mean_colours(picture, picture.dim(1) / kSide));
}

Image image_of(const Tensor& picture) {
  Image image;
  image.height = static_cast<int>(picture.dim(1));
  image.width = static_cast<int>(picture.dim(2));
  image.pixels.reserve(image.byte_count());
  for (const float v : picture.span<float>()) {
    image.pixels.push_back(static_cast<std::uint8_t>(std::lround(std::clamp((v + 1) * 127.5f, 0.0f, 255.0f))));
  }
  return image;
}

Image Previewer::operator()(const Tensor& denoised) {
  const Stopwatch watch;
  Image image = tiny_ != nullptr && may_decode(denoised) ? decoded(denoised) : coloured(denoised);
  spent_ += watch.seconds();
  return image;
}

Image Previewer::coloured(const Tensor& denoised) const {
  const std::int64_t channels = denoised.dim(3);
  Tensor colours = denoised.context().empty(denoised.shape().with(3, 3));
  float* to = colours.f32();
  for (const float* from = denoised.f32(); from != denoised.f32() + denoised.numel(); from += channels) {
    for (std::size_t c = 0; c < 3; ++c) {
      double sum = colours_.bias[c];
      for (std::int64_t i = 0; i < channels; ++i) sum += colours_.factors[static_cast<std::size_t>(i)][c] * from[i];
      *to++ = static_cast<float>(sum);
    }
  }
  return image_of(colours);
}

bool Previewer::may_decode(const Tensor& denoised) {
  const double earned = kShareOfTime * start_.seconds() - spent_;
  if (seconds_per_place_ == 0) {
    // One row of places tells what the others will take.
    const Tensor sample = denoised.reshape({denoised.dim(1), denoised.dim(2), denoised.dim(3)})
                              .rows(0, 1)
                              .reshape({1, 1, denoised.dim(2), denoised.dim(3)});
    const Stopwatch watch;
    tiny_->decode(sample);
    seconds_per_place_ = watch.seconds() / static_cast<double>(denoised.dim(2));
  }
  return seconds_per_place_ * static_cast<double>(denoised.dim(1) * denoised.dim(2)) <= earned;
}

Image Previewer::decoded(const Tensor& denoised) {
  const Stopwatch watch;
  Image image = image_of(tiny_->decode(denoised));
  seconds_per_place_ = watch.seconds() / static_cast<double>(denoised.dim(1) * denoised.dim(2));
  return image;
}

}  // namespace pxf
