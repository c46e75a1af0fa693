// Resizing as Pillow's bicubic filter does it, for networks that were trained on pictures made so.
#pragma once

#include "image/image.h"

namespace pxf {

/// In the numbers of the file, without gamma; a = -0.5, wider where it shrinks; rounded after the columns, as Pillow
/// does. Sides above 0.
Image resized_bicubic(const Image& image, int width, int height);

}  // namespace pxf
