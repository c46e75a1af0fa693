// One number a pixel, such as a mask's: 0 to 1.
#pragma once

#include <cstddef>
#include <vector>

#include "image/image.h"

namespace pxf {

struct Plane {
  int width = 0, height = 0;
  std::vector<float> values = {};  // rows from the top

  float& at(int x, int y) {
    return values[static_cast<std::size_t>(y) * static_cast<std::size_t>(width) + static_cast<std::size_t>(x)];
  }
  float at(int x, int y) const { return const_cast<Plane*>(this)->at(x, y); }
};

Plane full_plane(int width, int height, float value);

/// 0 to 1, by the mean of the colours.
Plane brightness(const Image& image);

/// By a Gaussian of this standard deviation in pixels; the edge's values go on beyond it.
Plane blurred(const Plane& plane, int sigma);

/// The mean of each factor x factor pixels.
Plane shrunk(const Plane& plane, int factor);

}  // namespace pxf
