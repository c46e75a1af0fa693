// Models as diffusers and transformers name them, seen under the names of the original checkpoints, which is what the
// engines, the converter and everything else here knows.
#pragma once

#include <memory>

#include "formats/tensor_source.h"

namespace pxf {

/// A view of a diffusers pipeline (SD 1.x, SD 2.x, SDXL, its refiner), or of a UNet or VAE of one alone, under original
/// names; what has none keeps its own. OpenCLIP's q, k and v become one tensor again, made when it is read. What the
/// folder's config files say (prediction type, heads, groups, VAE scale) becomes metadata. Any other source is given
/// back as it is. Throws Failure(bad_file) when two tensors would have one name.
std::shared_ptr<const TensorSource> with_original_names(std::shared_ptr<const TensorSource> source);

}  // namespace pxf
