#include "pipeline/plane.h"

#include <algorithm>
#include <cmath>

namespace pxf {
namespace {

/// Along rows; the edge's value goes on beyond it.
Plane blurred_rows(const Plane& plane, const std::vector<float>& kernel) {
  const int radius = static_cast<int>(kernel.size() / 2);
  Plane out = plane;
  for (int y = 0; y < plane.height; ++y) {
    for (int x = 0; x < plane.width; ++x) {
      float sum = 0;
      for (int k = -radius; k <= radius; ++k) {
        sum += kernel[static_cast<std::size_t>(k + radius)] * plane.at(std::clamp(x + k, 0, plane.width - 1), y);
      }
      out.at(x, y) = sum;
    }
  }
  return out;
}

Plane turned(const Plane& plane) {
  Plane out{plane.height, plane.width, std::vector<float>(plane.values.size())};
  for (int y = 0; y < plane.height; ++y) {
    for (int x = 0; x < plane.width; ++x) out.at(y, x) = plane.at(x, y);
  }
  return out;
}

}  // namespace

Plane full_plane(int width, int height, float value) {
  Plane out{width, height};
  out.values.assign(static_cast<std::size_t>(width) * static_cast<std::size_t>(height), value);
  return out;
}

Plane brightness(const Image& image) {
  Plane out{image.width, image.height, {}};
  out.values.reserve(image.pixels.size() / 3);
  for (std::size_t i = 0; i < image.pixels.size(); i += 3) {
    out.values.push_back(static_cast<float>(image.pixels[i] + image.pixels[i + 1] + image.pixels[i + 2]) / 765.0f);
  }
  return out;
}

Plane blurred(const Plane& plane, int sigma) {
  if (sigma == 0) return plane;
  const int radius = 2 * sigma;
  std::vector<float> kernel;
  for (int k = -radius; k <= radius; ++k) {
    kernel.push_back(std::exp(-0.5f * static_cast<float>(k * k) / static_cast<float>(sigma * sigma)));
  }
  float sum = 0;
  for (const float k : kernel) sum += k;
  for (float& k : kernel) k /= sum;
  return turned(blurred_rows(turned(blurred_rows(plane, kernel)), kernel));
}

Plane shrunk(const Plane& plane, int factor) {
  Plane out{plane.width / factor, plane.height / factor, {}};
  out.values.assign(static_cast<std::size_t>(out.width) * static_cast<std::size_t>(out.height), 0);
  const float share = 1.0f / static_cast<float>(factor * factor);
  for (int y = 0; y < out.height * factor; ++y) {
    for (int x = 0; x < out.width * factor; ++x) out.at(x / factor, y / factor) += share * plane.at(x, y);
  }
  return out;
}

}  // namespace pxf
