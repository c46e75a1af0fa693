#include "sampling/schedules/schedules.h"

namespace pxf {

// Equal steps of time, the lowest row left out, so that the last step goes from well above sigma_min straight to 0.
// Stability's generative-models, LegacyDDPMDiscretization; ComfyUI normal_scheduler with sgm.
Sigmas sgm_uniform_schedule(const NoiseSchedule& noise, int steps) {
  Sigmas sigmas = normal_schedule(noise, steps + 1);
  sigmas.erase(sigmas.end() - 2);
  return sigmas;
}

}  // namespace pxf
