#include <cmath>

#include "sampling/schedules/schedules.h"

namespace pxf {

// Equal steps of log sigma. k-diffusion get_sigmas_exponential.
Sigmas exponential_sigmas(int steps, double sigma_min, double sigma_max) {
  const double low = std::log(sigma_min);
  const double high = std::log(sigma_max);
  Sigmas sigmas;
  for (int i = 0; i < steps; ++i) sigmas.push_back(std::exp(std::lerp(high, low, way(i, steps))));
  sigmas.push_back(0);
  return sigmas;
}

Sigmas exponential_schedule(const NoiseSchedule& noise, int steps) {
  return exponential_sigmas(steps, noise.sigma_min(), noise.sigma_max());
}

}  // namespace pxf
