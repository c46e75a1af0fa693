// Latents of another size, for hires fix in latent space.
#pragma once

#include <cstdint>

#include "pixelforge/request.h"
#include "tensor/tensor.h"

namespace pxf {

/// (1, H, W, C) -> (1, height, width, C), as torch.nn.functional.interpolate(size=…) gives it in the mode that A1111
/// calls by this name; `how` is not HiresUpscaler::picture. Only to sizes that are no smaller: shrinking would need
/// wider filters.
Tensor resized_latent(const Tensor& latent, std::int64_t height, std::int64_t width, HiresUpscaler how);

}  // namespace pxf
