#include <algorithm>
#include <cmath>

#include "sampling/schedules/schedules.h"

namespace pxf {

// Quantiles of a Laplace distribution of log sigma, kept within the range. No 0 at the end, as in ComfyUI.
// Hang et al. 2024, "Improved Noise Schedule for Diffusion Training".
Sigmas laplace_sigmas(int points, double sigma_min, double sigma_max, double mu, double beta) {
  constexpr double kNotZero = 1e-5;
  Sigmas sigmas;
  for (int i = 0; i < points; ++i) {
    const double from_middle = 0.5 - way(i, points);
    const double tail = std::log(1 - 2 * std::abs(from_middle) + kNotZero);
    const double side = from_middle > 0 ? 1 : from_middle < 0 ? -1 : 0;
    sigmas.push_back(std::clamp(std::exp(mu - beta * side * tail), sigma_min, sigma_max));
  }
  return sigmas;
}

Sigmas laplace_schedule(const NoiseSchedule& noise, int steps) {
  // One more point: it stands where others have the 0.
  return laplace_sigmas(steps + 1, noise.sigma_min(), noise.sigma_max(), 0, 0.5);
}

}  // namespace pxf
