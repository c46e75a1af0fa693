#include "image/resize.h"

#include <algorithm>
#include <cmath>
#include <new>

#include "base/error.h"

#define STB_IMAGE_RESIZE_IMPLEMENTATION
#define STB_IMAGE_RESIZE_STATIC
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wunused-function"
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"
#pragma GCC diagnostic ignored "-Wshadow"
#include <stb/stb_image_resize.h>
#pragma GCC diagnostic pop

namespace pxf {

Image resized(const Image& image, int width, int height) {
  require(width > 0 && height > 0 && image.width > 0 && image.height > 0,
          "[resize] {}x{} to {}x{}: sides must be above 0", image.width, image.height, width, height);
  if (width == image.width && height == image.height) return image;
  Image out{width, height, {}};
  out.pixels.resize(out.byte_count());
  if (!stbir_resize_uint8_srgb(image.pixels.data(), image.width, image.height, 0, out.pixels.data(), width, height, 0,
                               Image::kChannels, STBIR_ALPHA_CHANNEL_NONE, 0)) {
    throw std::bad_alloc();
  }
  return out;
}

Image cut(const Image& image, int x, int y, int width, int height) {
  Image out{width, height, {}};
  out.pixels.reserve(out.byte_count());
  for (int row = y; row < y + height; ++row) {
    const auto begin = image.pixels.begin() + Image::kChannels * (static_cast<std::ptrdiff_t>(row) * image.width + x);
    out.pixels.insert(out.pixels.end(), begin, begin + static_cast<std::ptrdiff_t>(Image::kChannels) * width);
  }
  return out;
}

Image filled(const Image& image, int width, int height) {
  const double scale = std::min(static_cast<double>(image.width) / width, static_cast<double>(image.height) / height);
  const int w = std::clamp(static_cast<int>(std::lround(width * scale)), 1, image.width);
  const int h = std::clamp(static_cast<int>(std::lround(height * scale)), 1, image.height);
  if (w == image.width && h == image.height) return resized(image, width, height);
  return resized(cut(image, (image.width - w) / 2, (image.height - h) / 2, w, h), width, height);
}

}  // namespace pxf
