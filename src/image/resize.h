// Pictures of other sizes. Thread-safe pure functions.
#pragma once

#include "image/image.h"

namespace pxf {

/// All of the picture, stretched to the size; averaged where it shrinks. Sides above 0.
Image resized(const Image& image, int width, int height);

/// The rectangle that begins at (x, y) and lies inside.
Image cut(const Image& image, int x, int y, int width, int height);

/// The picture's middle in the shape of width x height, at that size: nothing is stretched out of shape.
Image filled(const Image& image, int width, int height);

}  // namespace pxf
