#include <cmath>

#include "sampling/schedules/schedules.h"

namespace pxf {
namespace {

double at(const NoiseSchedule& noise, double way_down) {
  return std::tan(std::lerp(std::atan(noise.sigma_max()), std::atan(noise.sigma_min()), way_down));
}

}  // namespace

// Equal steps of arctan sigma. Sabour et al. 2024, "Align Your Steps", theorem 3.1.
Sigmas kl_optimal_schedule(const NoiseSchedule& noise, int steps) {
  Sigmas sigmas;
  for (int i = 0; i < steps; ++i) sigmas.push_back(at(noise, way(i, steps)));
  sigmas.push_back(0);
  return sigmas;
}

// As A1111 has it, which ends at sigma_min.
Sigmas a1111_kl_optimal_schedule(const NoiseSchedule& noise, int steps) {
  Sigmas sigmas;
  for (int i = 0; i <= steps; ++i) sigmas.push_back(at(noise, static_cast<double>(i) / steps));
  return sigmas;
}

}  // namespace pxf
