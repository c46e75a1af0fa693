// FreeU: what an output block of the UNet gets, with the backbone's features amplified and the skip's lowest
// frequencies damped. Si et al. 2024, "FreeU: Free Lunch in Diffusion U-Net", section 3.2.
#pragma once

#include <cstdint>
#include <optional>

#include "pixelforge/guidance.h"
#include "tensor/tensor.h"

namespace pxf::unet {

/// The factors of one output block.
struct FreeUFactors {
  double backbone, skip;
};

/// `level`: how often the way up has doubled the size; `channels`: the backbone's at the block; `width`: the first
/// level's. None: the block stays as it is.
std::optional<FreeUFactors> freeu_factors(const FreeU& freeu, int level, std::int64_t channels, std::int64_t width);

/// The first half of the channels times `factor`; in v2 times 1 at the place with the lowest mean of all channels,
/// rising to `factor` at the highest. h (B, H, W, C).
Tensor amplified_backbone(const Tensor& h, double factor, FreeUVersion version);
/// The frequencies 0 and -1 of both axes times `factor`, real part: the square of the Fourier transform that the
/// authors' threshold of 1 leaves. skip (B, H, W, C).
Tensor damped_skip(const Tensor& skip, double factor);

}  // namespace pxf::unet
