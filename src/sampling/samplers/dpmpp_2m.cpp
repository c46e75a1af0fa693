#include <cmath>

#include "ops/elementwise.h"
#include "sampling/samplers.h"

namespace pxf {

// DPM-Solver++(2M): exact for a denoised latent that is linear in log sigma, the slope taken from the step before.
// Lu et al. 2022, "DPM-Solver++", algorithm 2; the first step and the one to zero are of first order.
Tensor sample_dpmpp_2m(const Denoise& denoise, Tensor x, const Sigmas& sigmas, const SamplerOptions&,
                       const OnStep& on_step) {
  Tensor previous;
  for (std::size_t i = 0; i + 1 < sigmas.size(); ++i) {
    const Tensor denoised = denoise(x, sigmas[i]);
    Tensor target = denoised;
    if (i > 0 && sigmas[i + 1] > 0) {
      const double h = std::log(sigmas[i] / sigmas[i + 1]);  // steps of -log sigma: this one and the last
      const double h_last = std::log(sigmas[i - 1] / sigmas[i]);
      const double ahead = h / (2 * h_last);
      target = weighted_sum(1 + ahead, denoised, -ahead, previous);
    }
    const double keep = sigmas[i + 1] / sigmas[i];  // exp(-h)
    x = weighted_sum(keep, x, 1 - keep, target);
    on_step(static_cast<int>(i), x, denoised);
    previous = denoised;
  }
  return x;
}

}  // namespace pxf
