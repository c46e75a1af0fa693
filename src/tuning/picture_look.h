// What too much guidance does to a picture: colours at their ends, too much of them, hard contrast, hard edges.
#pragma once

#include "image/image.h"

namespace pxf {

struct PictureLook {
  double clipped = 0;     // share of pixels with a channel at an end, 2 of 255 wide
  double saturation = 0;  // mean of the largest channel less the smallest, 0 to 1
  double contrast = 0;    // standard deviation of brightness, 0 to 1
  double edges = 0;       // mean slope of brightness, 0 to 1
};

PictureLook look_of(const Image& image);

}  // namespace pxf
