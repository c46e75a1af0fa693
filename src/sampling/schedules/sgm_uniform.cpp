#include <cmath>

#include "sampling/schedules/schedules.h"

namespace pxf {

// Equal steps of time, the lowest row left out, so that the last step goes from well above sigma_min straight to 0.
// Stability's generative-models, LegacyDDPMDiscretization; ComfyUI normal_scheduler with sgm.
Sigmas sgm_uniform_schedule(const NoiseSchedule& noise, int steps) {
  Sigmas sigmas;
  for (int i = 0; i < steps; ++i) {
    sigmas.push_back(noise.sigma_of(std::lerp(noise.last_timestep(), 0.0, way(i, steps + 1))));
  }
  sigmas.push_back(0);
  return sigmas;
}

}  // namespace pxf
