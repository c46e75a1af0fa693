// Combining what the model says with and without the prompt.
#pragma once

#include "tensor/tensor.h"

namespace pxf {

/// Classifier-free guidance: uncond + scale * (cond - uncond), all of one shape. Ho and Salimans 2022.
/// scale 1 is cond itself: the caller may then leave the other pass out.
Tensor cfg(Tensor cond, const Tensor& uncond, double scale);

}  // namespace pxf
