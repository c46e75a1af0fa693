// A picture in memory: 8-bit sRGB, three interleaved channels, rows from the top without padding.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace pxf {

struct Image {
  int width = 0;
  int height = 0;
  std::vector<std::uint8_t> pixels;  // width * height * 3: red, green, blue

  static constexpr int kChannels = 3;
  /// Bytes that `pixels` must have.
  std::size_t byte_count() const noexcept {
    return static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * kChannels;
  }
};

}  // namespace pxf
