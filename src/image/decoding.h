// What the decoders of all formats share.
#pragma once

#include <cstdint>
#include <vector>

#include "base/error.h"

namespace pxf {

enum class Shown : std::uint8_t { colours, transparency };

/// Pictures above this are refused before memory is taken for them.
inline constexpr std::uint64_t kMaxPixels = std::uint64_t{1} << 26;

/// Error: bad_file for a picture of more than kMaxPixels.
inline Status check_pixels(const char* format, std::uint64_t width, std::uint64_t height) {
  if (width * height <= kMaxPixels) return Done{};
  return make_error(ErrorCode::bad_file, "{}: got {}x{} pixels, at most {} are read", format, width, height,
                    kMaxPixels);
}

/// RGBA to RGB over white, in place: a pixel's three bytes never lie beyond its four.
inline void lay_over_white(std::vector<std::uint8_t>& pixels) {
  const std::size_t count = pixels.size() / 4;
  for (std::size_t i = 0; i < count; ++i) {
    const unsigned alpha = pixels[4 * i + 3];
    for (std::size_t c = 0; c < 3; ++c) {
      pixels[3 * i + c] = static_cast<std::uint8_t>((pixels[4 * i + c] * alpha + 255 * (255 - alpha) + 127) / 255);
    }
  }
  pixels.resize(3 * count);
}

/// RGBA to its transparency, in place: white where there is nothing of the picture.
inline void leave_transparency(std::vector<std::uint8_t>& pixels) {
  const std::size_t count = pixels.size() / 4;
  for (std::size_t i = 0; i < count; ++i) {
    const auto clear = static_cast<std::uint8_t>(255 - pixels[4 * i + 3]);
    pixels[3 * i] = pixels[3 * i + 1] = pixels[3 * i + 2] = clear;
  }
  pixels.resize(3 * count);
}

inline void leave(std::vector<std::uint8_t>& rgba, Shown shown) {
  shown == Shown::colours ? lay_over_white(rgba) : leave_transparency(rgba);
}

}  // namespace pxf
