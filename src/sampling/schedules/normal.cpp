#include <cmath>

#include "sampling/schedules/schedules.h"

namespace pxf {

// Equal steps of time, the first and the last row included. ComfyUI normal_scheduler; k-diffusion get_sigmas.
Sigmas normal_schedule(const NoiseSchedule& noise, int steps) {
  Sigmas sigmas;
  for (int i = 0; i < steps; ++i)
    sigmas.push_back(noise.sigma_of(std::lerp(noise.last_timestep(), 0.0, way(i, steps))));
  sigmas.push_back(0);
  return sigmas;
}

}  // namespace pxf
