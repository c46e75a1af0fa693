#include <cmath>

#include "sampling/schedules/schedules.h"

namespace pxf {

// Equal steps of sigma^(1/rho): the larger rho, the more steps at low noise. Karras et al. 2022, equation 5.
Sigmas karras_sigmas(int steps, double sigma_min, double sigma_max, double rho) {
  const double low = std::pow(sigma_min, 1 / rho);
  const double high = std::pow(sigma_max, 1 / rho);
  Sigmas sigmas;
  for (int i = 0; i < steps; ++i) sigmas.push_back(std::pow(std::lerp(high, low, way(i, steps)), rho));
  sigmas.push_back(0);
  return sigmas;
}

Sigmas karras_schedule(const NoiseSchedule& noise, int steps) {
  return karras_sigmas(steps, noise.sigma_min(), noise.sigma_max(), 7);
}

}  // namespace pxf
