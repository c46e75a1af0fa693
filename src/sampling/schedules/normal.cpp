#include <cmath>

#include "sampling/schedules/schedules.h"

namespace pxf {

// Equal steps of time, the first and the last row included. ComfyUI normal_scheduler; k-diffusion get_sigmas. On a flow
// with shift, its lowest level is taken for a time, and so shifted twice, as in ComfyUI and diffusers.
Sigmas normal_schedule(const NoiseSchedule& noise, int steps) {
  const double first = noise.timestep_of(noise.sigma_max()), last = noise.timestep_of(noise.sigma_min());
  Sigmas sigmas;
  for (int i = 0; i < steps; ++i) sigmas.push_back(noise.sigma_of(std::lerp(first, last, way(i, steps))));
  sigmas.push_back(0);
  return sigmas;
}

}  // namespace pxf
