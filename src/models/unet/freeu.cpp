#include "models/unet/freeu.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include "ops/context.h"

namespace pxf::unet {
namespace {

/// The mean of each place's channels, from 0 at the picture's lowest to 1 at its highest; 0 where all are equal.
std::vector<double> normalised_means(const float* picture, std::int64_t places, std::int64_t channels) {
  std::vector<double> means;
  for (std::int64_t place = 0; place < places; ++place) {
    double sum = 0;
    for (std::int64_t c = 0; c < channels; ++c) sum += picture[place * channels + c];
    means.push_back(sum / static_cast<double>(channels));
  }
  const auto [low, high] = std::ranges::minmax(means);
  for (double& mean : means) mean = high > low ? (mean - low) / (high - low) : 0;
  return means;
}

/// One frequency over the places of a map: its cosine and sine.
struct Wave {
  std::vector<double> cosine, sine;
};

Wave wave(int fy, int fx, std::int64_t height, std::int64_t width) {
  Wave out;
  for (std::int64_t y = 0; y < height; ++y) {
    for (std::int64_t x = 0; x < width; ++x) {
      const double turns = fy * static_cast<double>(y) / static_cast<double>(height) +
                           fx * static_cast<double>(x) / static_cast<double>(width);
      out.cosine.push_back(std::cos(2 * std::numbers::pi * turns));
      out.sine.push_back(std::sin(2 * std::numbers::pi * turns));
    }
  }
  return out;
}

/// The frequencies that are damped; along a side of one place, -1 is 0.
std::vector<Wave> low_waves(std::int64_t height, std::int64_t width) {
  std::vector<Wave> out;
  for (int fy = height > 1 ? -1 : 0; fy <= 0; ++fy) {
    for (int fx = width > 1 ? -1 : 0; fx <= 0; ++fx) out.push_back(wave(fy, fx, height, width));
  }
  return out;
}

/// to += gain * (the part of `from` at that frequency), one picture of (places, channels).
void add_frequency(const Wave& wave, double gain, const float* from, float* to, std::int64_t channels) {
  const std::size_t places = wave.cosine.size(), n = static_cast<std::size_t>(channels);
  std::vector<double> cosine(n), sine(n);
  for (std::size_t place = 0; place < places; ++place) {
    const float* const row = from + place * n;
    for (std::size_t c = 0; c < n; ++c) {
      cosine[c] += wave.cosine[place] * row[c];
      sine[c] += wave.sine[place] * row[c];
    }
  }
  const double scale = gain / static_cast<double>(places);
  for (std::size_t place = 0; place < places; ++place) {
    float* const row = to + place * n;
    for (std::size_t c = 0; c < n; ++c) {
      row[c] += static_cast<float>(scale * (cosine[c] * wave.cosine[place] + sine[c] * wave.sine[place]));
    }
  }
}

}  // namespace

std::optional<FreeUFactors> freeu_factors(const FreeU& freeu, int level, std::int64_t channels, std::int64_t width) {
  const bool by_level = freeu.version == FreeUVersion::diffusers;
  if (by_level ? level == 0 : channels == 4 * width) return FreeUFactors{freeu.b1, freeu.s1};
  if (by_level ? level == 1 : channels == 2 * width) return FreeUFactors{freeu.b2, freeu.s2};
  return std::nullopt;
}

Tensor amplified_backbone(const Tensor& h, double factor, FreeUVersion version) {
  const std::int64_t places = h.dim(1) * h.dim(2), channels = h.dim(3);
  Tensor out = h.context().empty(h.shape());
  std::ranges::copy(h.span<float>(), out.span<float>().begin());
  const float* from = h.f32();
  float* const to = out.f32();
  h.context().threads().parallel_for(h.dim(0), [&](std::int64_t picture) {
    const std::int64_t begin = picture * places * channels;
    const bool varies = version == FreeUVersion::v2;
    const std::vector<double> share = varies ? normalised_means(from + begin, places, channels) : std::vector<double>();
    for (std::int64_t place = 0; place < places; ++place) {
      const double gain = varies ? std::lerp(1.0, factor, share[static_cast<std::size_t>(place)]) : factor;
      float* const row = to + begin + place * channels;
      for (std::int64_t c = 0; c < channels / 2; ++c) row[c] = static_cast<float>(row[c] * gain);
    }
  });
  return out;
}

Tensor damped_skip(const Tensor& skip, double factor) {
  const std::int64_t picture_size = skip.numel() / skip.dim(0);
  const std::vector<Wave> waves = low_waves(skip.dim(1), skip.dim(2));
  Tensor out = skip.context().empty(skip.shape());
  std::ranges::copy(skip.span<float>(), out.span<float>().begin());
  const float* from = skip.f32();
  float* const to = out.f32();
  skip.context().threads().parallel_for(skip.dim(0), [&](std::int64_t picture) {
    const std::int64_t begin = picture * picture_size;
    for (const Wave& wave : waves) add_frequency(wave, factor - 1, from + begin, to + begin, skip.dim(3));
  });
  return out;
}

}  // namespace pxf::unet
