// How the steps are spread over the noise levels: one function each, from sigma_max (or near it) down to 0.
// steps >= 1. The list with their names is schedulers.cpp.
#pragma once

#include "sampling/sigmas.h"

namespace pxf {

Sigmas normal_schedule(const NoiseSchedule& noise, int steps);
Sigmas karras_schedule(const NoiseSchedule& noise, int steps);
Sigmas exponential_schedule(const NoiseSchedule& noise, int steps);
Sigmas sgm_uniform_schedule(const NoiseSchedule& noise, int steps);
Sigmas simple_schedule(const NoiseSchedule& noise, int steps);
/// May give fewer or more than `steps` steps, as ComfyUI's does.
Sigmas ddim_uniform_schedule(const NoiseSchedule& noise, int steps);

/// The same for any range; karras_schedule has rho = 7.
Sigmas karras_sigmas(int steps, double sigma_min, double sigma_max, double rho);
Sigmas exponential_sigmas(int steps, double sigma_min, double sigma_max);

/// How far point i of n lies on the way from the first, 0, to the last, 1.
inline double way(int i, int n) { return n > 1 ? i / (n - 1.0) : 0; }

}  // namespace pxf
