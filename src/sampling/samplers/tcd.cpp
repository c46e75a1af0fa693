#include <cmath>

#include "ops/elementwise.h"
#include "sampling/samplers.h"
#include "sampling/samplers/schedule_of.h"

namespace pxf {

// Trajectory consistency: along the trajectory to the level at (1 - eta) of the next timestep, then up to that timestep
// with fresh noise. Zheng et al. 2024, "Trajectory Consistency Distillation", algorithm 3, where eta is called gamma.
Tensor sample_tcd(const Denoise& denoise, Tensor x, const Sigmas& sigmas, const SamplerOptions& options,
                  const OnStep& on_step) {
  const NoiseSchedule& schedule = schedule_of(options);
  const double eta = options.eta.value_or(0.3);
  for (std::size_t i = 0; i + 1 < sigmas.size(); ++i) {
    const double next = sigmas[i + 1];
    const Tensor denoised = denoise(x, sigmas[i]);
    // A whole step of time, rounded down; of an exact timestep that rounding error has made a little smaller, too.
    const double down = eta == 0 || next == 0
                            ? next
                            : schedule.sigma_of(std::floor((1 - eta) * std::round(schedule.timestep_of(next))));
    const Tensor d = (x - denoised) / sigmas[i];  // dx/dsigma
    x = denoised + d * down;
    if (down < next) {
      const Tensor noise = options.noise(x, sigmas[i], next);
      x = weighted_sum(1, std::move(x), std::sqrt(next * next - down * down) * options.s_noise, noise);
    }
    on_step(static_cast<int>(i), x, denoised);
  }
  return x;
}

}  // namespace pxf
