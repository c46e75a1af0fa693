// What image-to-image works on: init with the margins that it grows by, its mask the right way round, and which part of
// both is drawn.
#pragma once

#include <optional>

#include "image/image.h"
#include "pixelforge/request.h"

namespace pxf {

struct Sides {
  int width = 0, height = 0;
};

struct Region {
  int x = 0, y = 0, width = 0, height = 0;
};

inline Sides sides_of(const Region& region) { return {region.width, region.height}; }

struct Canvas {
  Image picture;              // margins in the colours beside them
  std::optional<Image> mask;  // white, the margins too, is made anew
};

/// Throws invalid_argument for margins without a picture, only_masked without a mask and the like. Init and mask are
/// right by themselves.
void check_canvas(const Request& request);

/// The rest is for requests that have an init and pass check_canvas.
Sides canvas_size(const Request& request);
Canvas canvas_of(const Request& request);

/// Of the canvas: where the mask is, with its blur and masked_padding around it.
Region masked_region(const Request& request);
/// The region grown, as far as the canvas goes, until it has this shape.
Region in_shape_of(Region region, Sides shape, Sides canvas);

}  // namespace pxf
