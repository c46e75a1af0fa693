#include <cmath>

#include "sampling/schedules/schedules.h"

namespace pxf {

// Steps of log sigma, equal where rho is 1; the larger rho, the more steps at low noise.
// k-diffusion get_sigmas_exponential, get_sigmas_polyexponential.
Sigmas polyexponential_sigmas(int steps, double sigma_min, double sigma_max, double rho) {
  const double low = std::log(sigma_min);
  const double high = std::log(sigma_max);
  Sigmas sigmas;
  for (int i = 0; i < steps; ++i) {
    sigmas.push_back(std::exp(std::lerp(low, high, std::pow(1 - way(i, steps), rho))));
  }
  sigmas.push_back(0);
  return sigmas;
}

Sigmas exponential_sigmas(int steps, double sigma_min, double sigma_max) {
  return polyexponential_sigmas(steps, sigma_min, sigma_max, 1);
}

Sigmas exponential_schedule(const NoiseSchedule& noise, int steps) {
  return exponential_sigmas(steps, noise.sigma_min(), noise.sigma_max());
}

}  // namespace pxf
