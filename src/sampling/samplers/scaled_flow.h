// A flow's x = (1 - s) z + s n is (1 - s) (z + sigma n) with sigma = s / (1 - s): a method for z + sigma n, run on
// x / (1 - s), is aware of a flow's log-SNR without a line of its own. ComfyUI's flow branches of these samplers are
// that, written out.
#pragma once

#include "sampling/samplers.h"

namespace pxf {

/// Runs `sampler` so when options.flow is set, and as it is when not. A first s of 1, where sigma is infinite, is
/// replaced by the one after 0.01 % of time, as ComfyUI does.
Tensor sample_scaled(Sampler& sampler, const Denoise& denoise, Tensor x, const Sigmas& sigmas,
                     const SamplerOptions& options, const OnStep& on_step);

}  // namespace pxf
