#include "sampling/latent_resize.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/error.h"
#include "ops/context.h"

namespace pxf {
namespace {

struct Tap {
  std::int64_t from = 0;
  float weight = 0;
};
using Taps = std::vector<Tap>;

// Keys' cubic convolution; `a` is its slope at 1.
double cubic(double x, double a) {
  x = std::abs(x);
  if (x >= 2) return 0;
  return x < 1 ? ((a + 2) * x - (a + 3)) * x * x + 1 : (((x - 5) * x + 8) * x - 4) * a;
}

// Of what lies outside, the nearest edge takes the place.
Taps linear_taps(double centre, std::int64_t count) {
  const double place = std::max(0.0, centre - 0.5);
  const auto low = static_cast<std::int64_t>(place);
  const double share = place - static_cast<double>(low);
  return {{std::min(low, count - 1), static_cast<float>(1 - share)},
          {std::min(low + 1, count - 1), static_cast<float>(share)}};
}

Taps cubic_taps(double centre, std::int64_t count) {
  const double place = centre - 0.5;
  const auto low = static_cast<std::int64_t>(std::floor(place));
  Taps taps;
  for (std::int64_t i = low - 1; i <= low + 2; ++i)
    taps.push_back(
        {std::clamp<std::int64_t>(i, 0, count - 1), static_cast<float>(cubic(place - static_cast<double>(i), -0.75))});
  return taps;
}

// What lies outside is left out.
Taps smooth_cubic_taps(double centre, std::int64_t count) {
  const std::int64_t begin = std::max<std::int64_t>(static_cast<std::int64_t>(centre - 1.5), 0);
  const std::int64_t end = std::min(static_cast<std::int64_t>(centre + 2.5), count);
  Taps taps;
  double sum = 0;
  for (std::int64_t i = begin; i < end; ++i) {
    const double weight = cubic(static_cast<double>(i) - centre + 0.5, -0.5);
    taps.push_back({i, static_cast<float>(weight)});
    sum += weight;
  }
  for (Tap& tap : taps) tap.weight = static_cast<float>(tap.weight / sum);
  return taps;
}

// The taps of place k of `to`, along an axis that had `from`.
Taps taps_of(std::int64_t k, std::int64_t from, std::int64_t to, HiresUpscaler how) {
  const double centre = (static_cast<double>(k) + 0.5) * static_cast<double>(from) / static_cast<double>(to);
  // In float, as PyTorch finds it: in double some places fall to the other neighbour.
  const auto nearest = [&](float ahead) {
    const float place = (static_cast<float>(k) + ahead) * (static_cast<float>(from) / static_cast<float>(to));
    return Taps{{std::min(static_cast<std::int64_t>(place), from - 1), 1}};
  };
  switch (how) {
    case HiresUpscaler::picture: break;
    case HiresUpscaler::latent: return linear_taps(centre, from);
    case HiresUpscaler::latent_bicubic: return cubic_taps(centre, from);
    case HiresUpscaler::latent_bicubic_antialiased: return smooth_cubic_taps(centre, from);
    case HiresUpscaler::latent_nearest: return nearest(0);
    case HiresUpscaler::latent_nearest_exact: return nearest(0.5f);
  }
  fail(ErrorCode::internal, "[resized_latent] how: got one that enlarges pictures");
}

// One axis of `outer` x `from` x `inner`.
Tensor along(const Tensor& src, const Shape& shape, std::int64_t outer, std::int64_t from, std::int64_t to,
             std::int64_t inner, HiresUpscaler how) {
  Tensor out = src.context().empty(shape);
  const std::span<const float> in = src.span<float>();
  const std::span<float> values = out.span<float>();
  const auto at = [&](std::int64_t o, std::int64_t place, std::int64_t count) {
    return static_cast<std::size_t>((o * count + place) * inner);
  };
  for (std::int64_t k = 0; k < to; ++k) {
    const Taps taps = taps_of(k, from, to, how);
    for (std::int64_t o = 0; o < outer; ++o) {
      for (std::size_t i = 0; i < static_cast<std::size_t>(inner); ++i) {
        float sum = 0;
        for (const Tap& tap : taps) sum += tap.weight * in[at(o, tap.from, from) + i];
        values[at(o, k, to) + i] = sum;
      }
    }
  }
  return out;
}

}  // namespace

Tensor resized_latent(const Tensor& latent, std::int64_t height, std::int64_t width, HiresUpscaler how) {
  const Shape& shape = latent.shape();
  require(latent.rank() == 4 && shape.dim(0) == 1 && height >= shape.dim(1) && width >= shape.dim(2),
          "[resized_latent] latent: got {} for {}x{}, need (1, H, W, C) that is no larger", shape.text(), height,
          width);
  const std::int64_t channels = shape.dim(3);
  const Tensor wide =
      along(latent, {1, shape.dim(1), width, channels}, shape.dim(1), shape.dim(2), width, channels, how);
  return along(wide, {1, height, width, channels}, 1, shape.dim(1), height, width * channels, how);
}

}  // namespace pxf
