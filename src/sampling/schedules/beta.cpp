#include <cmath>

#include "sampling/schedules/beta_distribution.h"
#include "sampling/schedules/schedules.h"

namespace pxf {
namespace {

constexpr double kShape = 0.6;  // of the distribution's both ends

}  // namespace

// Rows of the table dense at both ends: Lee et al. 2024, "Beta Sampling is All You Need". Repeated rows are left out,
// so there may be fewer than `steps`. ComfyUI beta_scheduler.
Sigmas beta_schedule(const NoiseSchedule& noise, int steps) {
  const auto table = noise.sigmas();
  const double last = static_cast<double>(table.size() - 1);
  Sigmas sigmas;
  double previous = -1;
  for (int i = 0; i < steps; ++i) {
    const double row = std::nearbyint(beta_quantile(1 - static_cast<double>(i) / steps, kShape) * last);
    if (row != previous) sigmas.push_back(table[static_cast<std::size_t>(row)]);
    previous = row;
  }
  sigmas.push_back(0);
  return sigmas;
}

// The same distribution on sigma itself, as A1111 and diffusers have it.
Sigmas a1111_beta_schedule(const NoiseSchedule& noise, int steps) {
  Sigmas sigmas;
  for (int i = 0; i < steps; ++i) {
    sigmas.push_back(std::lerp(noise.sigma_min(), noise.sigma_max(), beta_quantile(1 - way(i, steps), kShape)));
  }
  sigmas.push_back(0);
  return sigmas;
}

}  // namespace pxf
