#include "sampling/schedules/gits.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "sampling/schedules/schedules.h"

namespace pxf {
namespace {

double hundredths(std::string_view times, std::size_t i) {
  return (times[2 * i] - '0') * 10 + (times[2 * i + 1] - '0');
}

/// The published sigmas of 2 to 20 steps, without a 0 at the end.
Sigmas published(const NoiseSchedule& noise, int steps, std::size_t coefficient) {
  const auto between = static_cast<std::size_t>(steps - 1);
  const std::size_t before = between * (between - 1) / 2;  // times of the schedules of fewer steps
  const auto sigma_at = [&](double hundredth) { return noise.sigma_of(noise.last_timestep() * hundredth / 100); };
  Sigmas sigmas{sigma_at(100)};
  for (std::size_t i = 0; i < between; ++i) sigmas.push_back(sigma_at(hundredths(kGitsTimes[coefficient], before + i)));
  sigmas.push_back(sigma_at(0));
  return sigmas;
}

}  // namespace

// The times at which the paths of Stable Diffusion 1 bend. Chen et al. 2024, "On the Trajectory Regularity of ODE-based
// Diffusion Sampling", with the geometric time schedules that its authors sought; more steps are interpolated.
Sigmas gits_sigmas(const NoiseSchedule& noise, int steps, double coefficient) {
  const int which = static_cast<int>(std::lround((coefficient - 0.8) / 0.05));
  require(which >= 0 && which < kGitsCoefficients, "[gits] coefficient: got {}, need 0.8 to 1.5", coefficient);
  const int known = std::clamp(steps, 2, kGitsMostSteps);
  Sigmas sigmas = log_interpolated(published(noise, known, static_cast<std::size_t>(which)), steps + 1);
  sigmas.back() = 0;
  return sigmas;
}

Sigmas gits_schedule(const NoiseSchedule& noise, int steps) { return gits_sigmas(noise, steps, 1.2); }

}  // namespace pxf
