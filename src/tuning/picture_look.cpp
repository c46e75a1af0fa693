#include "tuning/picture_look.h"

#include <algorithm>
#include <cmath>

#include "tuning/picture_distance.h"

namespace pxf {
namespace {

void look_at_colours(const Image& image, PictureLook& into) {
  constexpr int kEnd = 2;
  std::size_t clipped = 0;
  double saturation = 0;
  const std::size_t count = image.pixels.size() / Image::kChannels;
  for (std::size_t i = 0; i < count; ++i) {
    const auto [low, high] = std::minmax({image.pixels[3 * i], image.pixels[3 * i + 1], image.pixels[3 * i + 2]});
    clipped += low <= kEnd || high >= 255 - kEnd;
    saturation += (high - low) / 255.0;
  }
  into.clipped = static_cast<double>(clipped) / static_cast<double>(count);
  into.saturation = saturation / static_cast<double>(count);
}

}  // namespace

PictureLook look_of(const Image& image) {
  PictureLook out;
  if (image.pixels.empty()) return out;
  look_at_colours(image, out);
  const PicturePlanes planes = planes_of(image);
  const std::vector<float>& luma = planes.planes[0];
  double sum = 0, squares = 0, slopes = 0;
  const auto width = static_cast<std::size_t>(image.width);
  for (std::size_t i = 0; i < luma.size(); ++i) {
    sum += luma[i];
    squares += static_cast<double>(luma[i]) * luma[i];
    const float right = i % width + 1 < width ? luma[i + 1] - luma[i] : 0;
    const float down = i + width < luma.size() ? luma[i + width] - luma[i] : 0;
    slopes += std::sqrt(static_cast<double>(right * right + down * down));
  }
  const auto n = static_cast<double>(luma.size());
  out.contrast = std::sqrt(std::max(0.0, squares / n - (sum / n) * (sum / n)));
  out.edges = slopes / n;
  return out;
}

}  // namespace pxf
