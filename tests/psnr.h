#pragma once

#include <cmath>
#include <limits>

#include "pixelforge/image.h"

namespace pxf::test {

/// Peak signal over noise of two pictures of the same size, in decibels; infinite if they are equal.
inline double psnr(const Image& a, const Image& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.pixels.size(); ++i) sum += std::pow(double(a.pixels[i]) - double(b.pixels[i]), 2);
  return sum == 0 ? std::numeric_limits<double>::infinity()
                  : 10 * std::log10(255 * 255 * double(a.pixels.size()) / sum);
}

}  // namespace pxf::test
