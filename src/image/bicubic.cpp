#include "image/bicubic.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/error.h"

namespace pxf {
namespace {

constexpr double kReach = 2;  // of the cubic, in pixels of the smaller picture

double cubic(double x) {
  constexpr double a = -0.5;
  x = std::abs(x);
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  return x < kReach ? (((x - 5) * x + 8) * x - 4) * a : 0;
}

/// What a pixel is made of: those from `first` on, by weights that add up to 1.
struct Taps {
  int first = 0;
  std::vector<double> weights;
};

std::vector<Taps> taps_of(int from, int to) {
  const double scale = static_cast<double>(from) / to, wide = std::max(1.0, scale);
  std::vector<Taps> out(static_cast<std::size_t>(to));
  for (int i = 0; i < to; ++i) {
    const double centre = (i + 0.5) * scale;
    Taps& taps = out[static_cast<std::size_t>(i)];
    taps.first = std::max(0, static_cast<int>(centre - kReach * wide + 0.5));
    const int end = std::min(from, static_cast<int>(centre + kReach * wide + 0.5));
    double sum = 0;
    for (int k = taps.first; k < end; ++k) {
      taps.weights.push_back(cubic((k - centre + 0.5) / wide));
      sum += taps.weights.back();
    }
    for (double& weight : taps.weights) weight /= sum;
  }
  return out;
}

std::uint8_t rounded(double value) {
  return static_cast<std::uint8_t>(std::clamp(std::floor(value + 0.5), 0.0, 255.0));
}

/// Every line of `count` pixels that lie `step` bytes apart becomes one of taps.size(); lines begin `line` apart.
void resize_lines(const std::uint8_t* from, std::uint8_t* to, const std::vector<Taps>& taps, int lines,
                  std::ptrdiff_t from_line, std::ptrdiff_t to_line, std::ptrdiff_t step) {
  for (int l = 0; l < lines; ++l) {
    for (std::size_t i = 0; i < taps.size(); ++i) {
      for (int c = 0; c < Image::kChannels; ++c) {
        double sum = 0;
        for (std::size_t k = 0; k < taps[i].weights.size(); ++k) {
          sum += taps[i].weights[k] * from[l * from_line + (taps[i].first + static_cast<std::ptrdiff_t>(k)) * step + c];
        }
        to[l * to_line + static_cast<std::ptrdiff_t>(i) * step + c] = rounded(sum);
      }
    }
  }
}

}  // namespace

Image resized_bicubic(const Image& image, int width, int height) {
  require(width > 0 && height > 0 && image.width > 0 && image.height > 0,
          "[bicubic] {}x{} to {}x{}: sides must be above 0", image.width, image.height, width, height);
  constexpr std::ptrdiff_t kPixel = Image::kChannels;
  Image wide{width, image.height, {}}, out{width, height, {}};
  wide.pixels.resize(wide.byte_count());
  out.pixels.resize(out.byte_count());
  resize_lines(image.pixels.data(), wide.pixels.data(), taps_of(image.width, width), image.height, kPixel * image.width,
               kPixel * width, kPixel);
  // Columns: a line is one of them, its pixels a row apart; both pictures have rows of the same length.
  resize_lines(wide.pixels.data(), out.pixels.data(), taps_of(image.height, height), width, kPixel, kPixel,
               kPixel * width);
  return out;
}

}  // namespace pxf
