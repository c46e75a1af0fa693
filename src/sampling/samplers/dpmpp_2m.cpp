#include <cmath>

#include "ops/elementwise.h"
#include "sampling/samplers.h"
#include "sampling/samplers/cfg_pp.h"

namespace pxf {
namespace {

// A denoised latent that is linear in log sigma, the slope taken from the step before.
// Lu et al. 2022, "DPM-Solver++", algorithm 2; the first step and the one to zero are of first order.
Tensor dpmpp_2m(const DenoiseGuided& denoise, Tensor x, const Sigmas& sigmas, const OnStep& on_step) {
  Tensor previous;
  for (std::size_t i = 0; i + 1 < sigmas.size(); ++i) {
    const auto [denoised, uncond] = denoise(x, sigmas[i]);
    const double keep = sigmas[i + 1] / sigmas[i];  // exp(-h)
    x = denoised + (x - uncond) * keep;
    if (i > 0 && sigmas[i + 1] > 0) {
      const double h = std::log(sigmas[i] / sigmas[i + 1]);  // steps of -log sigma: this one and the last
      const double h_last = std::log(sigmas[i - 1] / sigmas[i]);
      x = x + (denoised - previous) * ((1 - keep) * h / (2 * h_last));
    }
    on_step(static_cast<int>(i), x, denoised);
    previous = uncond;
  }
  return x;
}

}  // namespace

Tensor sample_dpmpp_2m(const Denoise& denoise, Tensor x, const Sigmas& sigmas, const SamplerOptions&,
                       const OnStep& on_step) {
  return dpmpp_2m(both(denoise), std::move(x), sigmas, on_step);
}

Tensor sample_dpmpp_2m_cfg_pp(const Denoise&, Tensor x, const Sigmas& sigmas, const SamplerOptions& options,
                              const OnStep& on_step) {
  return dpmpp_2m(guided_of(options), std::move(x), sigmas, on_step);
}

}  // namespace pxf
