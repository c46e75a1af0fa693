#include "image/fill.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

#include "base/error.h"

namespace pxf {
namespace {

/// Colours, and how far each is known: 0 to 1.
struct Level {
  int width, height;
  std::vector<std::array<float, 4>> cells;

  Level(int w, int h) : width(w), height(h), cells(static_cast<std::size_t>(w) * static_cast<std::size_t>(h)) {}
  std::array<float, 4>& at(int x, int y) {
    return cells[static_cast<std::size_t>(y) * static_cast<std::size_t>(width) + static_cast<std::size_t>(x)];
  }
};

/// Pull: each cell is the mean of what is known in its four.
Level halved(Level& fine) {
  Level out((fine.width + 1) / 2, (fine.height + 1) / 2);
  for (int y = 0; y < fine.height; ++y) {
    for (int x = 0; x < fine.width; ++x) {
      const auto& [r, g, b, known] = fine.at(x, y);
      auto& sum = out.at(x / 2, y / 2);
      sum = {sum[0] + r * known, sum[1] + g * known, sum[2] + b * known, sum[3] + known};
    }
  }
  for (auto& [r, g, b, known] : out.cells) {
    if (known > 0) r /= known, g /= known, b /= known;
    known = std::min(known, 1.0f);
  }
  return out;
}

/// Push: what is not known is taken from the coarser level, between the centres of its cells.
void complete(Level& fine, Level& coarse) {
  for (int y = 0; y < fine.height; ++y) {
    for (int x = 0; x < fine.width; ++x) {
      auto& cell = fine.at(x, y);
      if (cell[3] >= 1) continue;
      const int x0 = x / 2, y0 = y / 2;
      const int x1 = std::clamp(x0 + (x % 2 == 0 ? -1 : 1), 0, coarse.width - 1);
      const int y1 = std::clamp(y0 + (y % 2 == 0 ? -1 : 1), 0, coarse.height - 1);
      const auto &a = coarse.at(x0, y0), &b = coarse.at(x1, y0), &c = coarse.at(x0, y1), &d = coarse.at(x1, y1);
      for (std::size_t i = 0; i < 3; ++i) {
        const float around = (9 * a[i] + 3 * b[i] + 3 * c[i] + d[i]) / 16;
        cell[i] = cell[3] * cell[i] + (1 - cell[3]) * around;
      }
      cell[3] = 1;
    }
  }
}

void fill(Level& level) {
  if (level.width == 1 && level.height == 1) {
    if (level.cells[0][3] == 0) level.cells[0] = {128, 128, 128, 1};  // nothing is known at all
    return;
  }
  Level coarse = halved(level);
  fill(coarse);
  complete(level, coarse);
}

}  // namespace

Image filled_from_around(const Image& image, const std::vector<float>& hole) {
  require(hole.size() * Image::kChannels == image.pixels.size(), "[fill] got {} holes for {}x{} pixels", hole.size(),
          image.width, image.height);
  Level level(image.width, image.height);
  for (std::size_t i = 0; i < hole.size(); ++i) {
    const auto colour = [&](std::size_t c) { return static_cast<float>(image.pixels[3 * i + c]); };
    level.cells[i] = {colour(0), colour(1), colour(2), hole[i] > 0.5f ? 0.0f : 1.0f};
  }
  fill(level);
  Image out = image;
  for (std::size_t i = 0; i < hole.size(); ++i) {
    if (hole[i] <= 0.5f) continue;
    for (std::size_t c = 0; c < 3; ++c) {
      out.pixels[3 * i + c] = static_cast<std::uint8_t>(std::lround(level.cells[i][c]));
    }
  }
  return out;
}

}  // namespace pxf
