#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <vector>

#include "cli/terminal_picture.h"

namespace pxf::cli {
namespace {

constexpr int kLevels = 6;  // of each channel
constexpr int kColours = kLevels * kLevels * kLevels;
constexpr int kBand = 6;  // rows that one sixel character covers

/// The colour of each pixel as an index into the cube.
std::vector<int> diffused(const Image& image) {
  const int row = image.width * Image::kChannels;
  std::vector<float> value(image.pixels.begin(), image.pixels.end());
  std::vector<int> colours(static_cast<std::size_t>(image.width) * static_cast<std::size_t>(image.height));
  const auto spread = [&](int x, int y, int channel, float error) {
    if (x < 0 || x >= image.width || y >= image.height) return;
    value[static_cast<std::size_t>(y) * row + static_cast<std::size_t>(x * Image::kChannels + channel)] += error;
  };
  for (int y = 0; y < image.height; ++y) {
    for (int x = 0; x < image.width; ++x) {
      int colour = 0;
      for (int channel = 0; channel < Image::kChannels; ++channel) {
        const float wanted =
            value[static_cast<std::size_t>(y) * row + static_cast<std::size_t>(x * Image::kChannels + channel)];
        const float step = 255.0f / (kLevels - 1);
        const int level = std::clamp(static_cast<int>(std::lround(wanted / step)), 0, kLevels - 1);
        const float error = (wanted - static_cast<float>(level) * step) / 16;
        spread(x + 1, y, channel, 7 * error);
        spread(x - 1, y + 1, channel, 3 * error);
        spread(x, y + 1, channel, 5 * error);
        spread(x + 1, y + 1, channel, 1 * error);
        colour = colour * kLevels + level;
      }
      colours[static_cast<std::size_t>(y) * image.width + static_cast<std::size_t>(x)] = colour;
    }
  }
  return colours;
}

void append_run(std::string& out, char sixel, int length) {
  if (length > 3) {
    fmt::format_to(std::back_inserter(out), "!{}{}", length, sixel);
  } else {
    out.append(static_cast<std::size_t>(length), sixel);
  }
}

/// One colour's share of a band: bit r of a character is its pixel in row r. Ends after the last pixel of that colour.
void append_colour(std::string& out, const std::vector<std::uint8_t>& bits) {
  const auto last = std::find_if(bits.rbegin(), bits.rend(), [](std::uint8_t b) { return b != 0; }).base();
  for (auto at = bits.begin(); at != last;) {
    const auto end = std::find_if(at, last, [at](std::uint8_t b) { return b != *at; });
    append_run(out, static_cast<char>('?' + *at), static_cast<int>(end - at));
    at = end;
  }
}

}  // namespace

std::string encode_sixel(const Image& image) {
  const std::vector<int> colours = diffused(image);
  std::string out = fmt::format("\x1bP0;1;0q\"1;1;{};{}", image.width, image.height);
  for (int i = 0; i < kColours; ++i) {  // channels in percent
    constexpr int kStep = 100 / (kLevels - 1);
    fmt::format_to(std::back_inserter(out), "#{};2;{};{};{}", i, i / (kLevels * kLevels) * kStep,
                   i / kLevels % kLevels * kStep, i % kLevels * kStep);
  }
  for (int top = 0; top < image.height; top += kBand) {
    std::array<std::vector<std::uint8_t>, kColours> bits;
    for (int y = top; y < std::min(top + kBand, image.height); ++y) {
      for (int x = 0; x < image.width; ++x) {
        auto& share = bits[static_cast<std::size_t>(
            colours[static_cast<std::size_t>(y) * image.width + static_cast<std::size_t>(x)])];
        share.resize(static_cast<std::size_t>(image.width));
        share[static_cast<std::size_t>(x)] |= static_cast<std::uint8_t>(1 << (y - top));
      }
    }
    for (std::size_t i = 0; i < bits.size(); ++i) {
      if (bits[i].empty()) continue;
      fmt::format_to(std::back_inserter(out), "#{}", i);
      append_colour(out, bits[i]);
      out += '$';  // back to the band's left edge
    }
    out += '-';  // the next band
  }
  return out + "\x1b\\\n";
}

}  // namespace pxf::cli
