// A step of Heun's method, for samplers made of such.
#pragma once

#include "sampling/samplers.h"

namespace pxf {

struct HeunStep {
  Tensor x, denoised;  // x at the end of the step, denoised at its start
};

/// Euler's step and then the mean of the slopes at both ends; Euler's alone where `to` is 0.
/// Karras et al. 2022, algorithm 1.
HeunStep heun_step(const Denoise& denoise, const Tensor& x, double from, double to);

}  // namespace pxf
