#include "tuning/picture_distance.h"

#include <algorithm>
#include <cmath>
#include <span>

#include "base/error.h"

namespace pxf {
namespace {

using Plane = std::vector<float>;

struct PlaneSize {
  int width, height;
};

// One pass along the rows, written transposed: two make a filter of both directions. What lies outside has no weight.
Plane filtered_transposed(const Plane& in, PlaneSize size, std::span<const float> taps) {
  const int reach = static_cast<int>(taps.size()) / 2;
  Plane out(in.size());
  for (int y = 0; y < size.height; ++y) {
    const float* row = &in[static_cast<std::size_t>(y) * static_cast<std::size_t>(size.width)];
    for (int x = 0; x < size.width; ++x) {
      float sum = 0, weight = 0;
      for (int k = std::max(-reach, -x); k <= std::min(reach, size.width - 1 - x); ++k) {
        const float tap = taps[static_cast<std::size_t>(k + reach)];
        sum += tap * row[x + k];
        weight += tap;
      }
      out[static_cast<std::size_t>(x) * static_cast<std::size_t>(size.height) + static_cast<std::size_t>(y)] =
          sum / weight;
    }
  }
  return out;
}

Plane filtered(const Plane& in, PlaneSize size, std::span<const float> taps) {
  return filtered_transposed(filtered_transposed(in, size, taps), {size.height, size.width}, taps);
}

std::array<float, 11> gaussian() {
  std::array<float, 11> taps{};
  for (int i = 0; i < 11; ++i) {
    const float x = static_cast<float>(i - 5) / 1.5F;
    taps[static_cast<std::size_t>(i)] = std::exp(-0.5F * x * x);
  }
  return taps;
}

Plane product(const Plane& a, const Plane& b) {
  Plane out(a.size());
  for (std::size_t i = 0; i < a.size(); ++i) out[i] = a[i] * b[i];
  return out;
}

constexpr std::array<float, 5> kBinomial{1, 4, 6, 4, 1};

Plane halved(const Plane& in, PlaneSize size) {
  const Plane smooth = filtered(in, size, kBinomial);
  const PlaneSize half{(size.width + 1) / 2, (size.height + 1) / 2};
  Plane out(static_cast<std::size_t>(half.width) * static_cast<std::size_t>(half.height));
  for (int y = 0; y < half.height; ++y) {
    for (int x = 0; x < half.width; ++x) {
      out[static_cast<std::size_t>(y) * static_cast<std::size_t>(half.width) + static_cast<std::size_t>(x)] =
          smooth[static_cast<std::size_t>(2 * y) * static_cast<std::size_t>(size.width) +
                 static_cast<std::size_t>(2 * x)];
    }
  }
  return out;
}

using Features = std::array<float, 5>;  // slopes to the right and down, second derivative, both colours

// Below this length, in units of full contrast, features count by their size: plain areas have no direction.
constexpr float kPlain = 0.04F;

Features features_at(const PicturePlanes& p, const Plane& smooth, int x, int y) {
  const auto at = [&](const Plane& plane, int column, int row) {
    column = std::clamp(column, 0, p.width - 1);
    row = std::clamp(row, 0, p.height - 1);
    return plane[static_cast<std::size_t>(row) * static_cast<std::size_t>(p.width) + static_cast<std::size_t>(column)];
  };
  const auto& [luma, cb, cr] = p.planes;
  Features f{(at(luma, x + 1, y) - at(luma, x - 1, y)) / 2, (at(luma, x, y + 1) - at(luma, x, y - 1)) / 2,
             at(luma, x, y) - at(smooth, x, y), at(cb, x, y) - 0.5F, at(cr, x, y) - 0.5F};
  float length = 0;
  for (const float v : f) length += v * v;
  const float scale = 1 / (std::sqrt(length) + kPlain);
  for (float& v : f) v *= scale;
  return f;
}

double distance_at_one_scale(const PicturePlanes& a, const PicturePlanes& b) {
  const Plane smooth_a = filtered(a.planes[0], {a.width, a.height}, kBinomial);
  const Plane smooth_b = filtered(b.planes[0], {b.width, b.height}, kBinomial);
  double sum = 0;
  for (int y = 0; y < a.height; ++y) {
    for (int x = 0; x < a.width; ++x) {
      const Features f = features_at(a, smooth_a, x, y), g = features_at(b, smooth_b, x, y);
      for (std::size_t i = 0; i < f.size(); ++i) sum += (f[i] - g[i]) * (f[i] - g[i]);
    }
  }
  return sum / (static_cast<double>(a.width) * a.height);
}

PicturePlanes next_scale(const PicturePlanes& in) {
  PicturePlanes out{(in.width + 1) / 2, (in.height + 1) / 2, {}};
  for (std::size_t i = 0; i < in.planes.size(); ++i) out.planes[i] = halved(in.planes[i], {in.width, in.height});
  return out;
}

void check_same_size(const PicturePlanes& a, const PicturePlanes& b) {
  require(a.width == b.width && a.height == b.height && a.width > 0 && a.height > 0,
          "[picture distance] sizes: got {}x{} and {}x{}, need two of one size", a.width, a.height, b.width, b.height);
}

}  // namespace

PicturePlanes planes_of(const Image& image) {
  PicturePlanes out{image.width, image.height, {}};
  for (auto& plane : out.planes) plane.resize(image.pixels.size() / Image::kChannels);
  for (std::size_t i = 0; i < out.planes[0].size(); ++i) {
    const float r = static_cast<float>(image.pixels[3 * i]) / 255,
                g = static_cast<float>(image.pixels[3 * i + 1]) / 255,
                b = static_cast<float>(image.pixels[3 * i + 2]) / 255;
    const float y = 0.299F * r + 0.587F * g + 0.114F * b;
    out.planes[0][i] = y;
    out.planes[1][i] = 0.5F + 0.564F * (b - y);
    out.planes[2][i] = 0.5F + 0.713F * (r - y);
  }
  return out;
}

double ssim(const PicturePlanes& a, const PicturePlanes& b) {
  check_same_size(a, b);
  static const std::array<float, 11> kWindow = gaussian();
  const PlaneSize size{a.width, a.height};
  const Plane &x = a.planes[0], &y = b.planes[0];
  const Plane mean_x = filtered(x, size, kWindow), mean_y = filtered(y, size, kWindow);
  const Plane xx = filtered(product(x, x), size, kWindow), yy = filtered(product(y, y), size, kWindow),
              xy = filtered(product(x, y), size, kWindow);
  constexpr double c1 = 0.01 * 0.01, c2 = 0.03 * 0.03;
  double sum = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double mx = mean_x[i], my = mean_y[i];
    const double vx = std::max(0.0, xx[i] - mx * mx), vy = std::max(0.0, yy[i] - my * my), cov = xy[i] - mx * my;
    sum += (2 * mx * my + c1) * (2 * cov + c2) / ((mx * mx + my * my + c1) * (vx + vy + c2));
  }
  return sum / static_cast<double>(x.size());
}

double feature_distance(const PicturePlanes& a, const PicturePlanes& b) {
  check_same_size(a, b);
  constexpr int kScales = 4, kSmallest = 8;
  PicturePlanes p = a, q = b;
  double sum = 0;
  int scales = 0;
  while (true) {
    sum += distance_at_one_scale(p, q);
    ++scales;
    if (scales == kScales || std::min(p.width, p.height) < 2 * kSmallest) break;
    p = next_scale(p);
    q = next_scale(q);
  }
  return sum / scales;
}

}  // namespace pxf
