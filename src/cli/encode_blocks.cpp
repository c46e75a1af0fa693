#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <iterator>

#include "cli/terminal_picture.h"

namespace pxf::cli {
namespace {

struct Colour {
  int red = 0, green = 0, blue = 0;
  bool operator==(const Colour&) const = default;
};

Colour colour_at(const Image& image, int x, int y) {
  const std::uint8_t* p = &image.pixels[(static_cast<std::size_t>(y) * image.width + static_cast<std::size_t>(x)) * 3];
  return {p[0], p[1], p[2]};
}

int distance(Colour a, Colour b) {
  const int red = a.red - b.red, green = a.green - b.green, blue = a.blue - b.blue;
  return red * red + green * green + blue * blue;
}

/// xterm's palette: 16 to 231 are a 6x6x6 cube with these levels, 232 to 255 grey from 8 in steps of 10.
int nearest_of_256(Colour c) {
  constexpr int kLevels[] = {0, 95, 135, 175, 215, 255};
  const auto level = [&](int value) {
    int best = 0;
    for (int i = 1; i < 6; ++i) {
      if (std::abs(kLevels[i] - value) < std::abs(kLevels[best] - value)) best = i;
    }
    return best;
  };
  const int red = level(c.red), green = level(c.green), blue = level(c.blue);
  const int step = std::min(23, std::max(0, ((c.red + c.green + c.blue) / 3 - 3) / 10));
  const int grey = 8 + 10 * step;
  const bool grey_is_nearer =
      distance(c, {grey, grey, grey}) < distance(c, {kLevels[red], kLevels[green], kLevels[blue]});
  return grey_is_nearer ? 232 + step : 16 + 36 * red + 6 * green + blue;
}

/// SGR 38 sets the colour of the characters, 48 that behind them.
void append_colour(std::string& out, int target, Colour c, bool true_colour) {
  if (true_colour) {
    fmt::format_to(std::back_inserter(out), "\x1b[{};2;{};{};{}m", target, c.red, c.green, c.blue);
  } else {
    fmt::format_to(std::back_inserter(out), "\x1b[{};5;{}m", target, nearest_of_256(c));
  }
}

}  // namespace

std::string encode_blocks(const Image& image, bool true_colour) {
  std::string out;
  for (int y = 0; y < image.height; y += 2) {
    const bool both = y + 1 < image.height;
    for (int x = 0; x < image.width; ++x) {
      const Colour upper = colour_at(image, x, y);
      if (x == 0 || upper != colour_at(image, x - 1, y)) append_colour(out, 38, upper, true_colour);
      if (both && (x == 0 || colour_at(image, x, y + 1) != colour_at(image, x - 1, y + 1))) {
        append_colour(out, 48, colour_at(image, x, y + 1), true_colour);
      }
      out += "▀";
    }
    out += "\x1b[0m\n";
  }
  return out;
}

}  // namespace pxf::cli
