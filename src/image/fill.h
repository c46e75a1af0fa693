// Holes in a picture, filled from what lies around them. Thread-safe pure function.
#pragma once

#include <vector>

#include "image/image.h"

namespace pxf {

/// The pixels whose `hole` is above one half, in colours that go smoothly over from one edge to the other: the
/// pull-push algorithm (Gortler et al. 1996, The Lumigraph, 3.4). Others stay. All hole: grey.
Image filled_from_around(const Image& image, const std::vector<float>& hole);

}  // namespace pxf
