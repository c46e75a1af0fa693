#include "sampling/schedules/schedules.h"

namespace pxf {

// Small equal steps for the first half of the steps, down by 2.5 % of sigma_max in all, then a parabola that goes on
// from their slope to 0. Polyak et al. 2024, "Movie Gen", section 3.4.2; Genmo's Mochi.
Sigmas linear_quadratic_schedule(const NoiseSchedule& noise, int steps) {
  constexpr double kLinearPart = 0.025;
  if (steps == 1) return {noise.sigma_max(), 0};
  const int linear_steps = steps / 2;
  const double slope = kLinearPart / linear_steps, rest = steps - linear_steps;
  const double bend = (1 - slope * steps) / (rest * rest);
  Sigmas sigmas;
  for (int i = 0; i < steps; ++i) {
    const double beyond = i < linear_steps ? 0 : i - linear_steps;
    sigmas.push_back(noise.sigma_max() * (1 - slope * i - bend * beyond * beyond));
  }
  sigmas.push_back(0);
  return sigmas;
}

}  // namespace pxf
