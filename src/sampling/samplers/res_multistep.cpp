#include <cmath>

#include "ops/elementwise.h"
#include "sampling/samplers.h"
#include "sampling/samplers/ancestral.h"
#include "sampling/samplers/cfg_pp.h"
#include "sampling/samplers/phi.h"

namespace pxf {
namespace {

// The refined exponential solver's multistep form of second order: the denoised latent of the step before stands in for
// the one between. Zhang et al. 2023, "Improved Order Analysis and Design of Exponential Integrator for Diffusion
// Models Sampling", arXiv 2308.02157. A flow's sigmas are walked as if x were z + sigma n, as ComfyUI does.
Tensor res_multistep(const DenoiseGuided& denoise, Tensor x, const Sigmas& sigmas, const SamplerOptions& options,
                     double eta, const OnStep& on_step) {
  Tensor previous;
  double last_down = 0;
  for (std::size_t i = 0; i + 1 < sigmas.size(); ++i) {
    const AncestralStep step = ancestral_step(sigmas[i], sigmas[i + 1], eta);
    const auto [denoised, uncond] = denoise(x, sigmas[i]);
    const double keep = step.down / sigmas[i];  // exp(-h)
    if (step.down == 0 || i == 0) {
      x = denoised + (x - uncond) * keep;
    } else {
      const double h = std::log(sigmas[i] / step.down);
      const double c2 = std::log(last_down / sigmas[i - 1]) / h;  // where the step before began, from where it ended
      const double b2 = phi_2(-h) / c2, b1 = phi_1(-h) - b2;
      x = weighted_sum(keep, x + (denoised - uncond), h * b1, uncond);
      x = weighted_sum(1, std::move(x), h * b2, previous);
    }
    x = step.renoise(std::move(x), sigmas, i, options);
    on_step(static_cast<int>(i), x, denoised);
    previous = uncond;
    last_down = step.down;
  }
  return x;
}

}  // namespace

Tensor sample_res_multistep(const Denoise& denoise, Tensor x, const Sigmas& sigmas, const SamplerOptions& options,
                            const OnStep& on_step) {
  return res_multistep(both(denoise), std::move(x), sigmas, options, 0, on_step);
}

Tensor sample_res_multistep_cfg_pp(const Denoise&, Tensor x, const Sigmas& sigmas, const SamplerOptions& options,
                                   const OnStep& on_step) {
  return res_multistep(guided_of(options), std::move(x), sigmas, options, 0, on_step);
}

Tensor sample_res_multistep_ancestral(const Denoise& denoise, Tensor x, const Sigmas& sigmas,
                                      const SamplerOptions& options, const OnStep& on_step) {
  return res_multistep(both(denoise), std::move(x), sigmas, options, options.eta.value_or(1), on_step);
}

Tensor sample_res_multistep_ancestral_cfg_pp(const Denoise&, Tensor x, const Sigmas& sigmas,
                                             const SamplerOptions& options, const OnStep& on_step) {
  return res_multistep(guided_of(options), std::move(x), sigmas, options, options.eta.value_or(1), on_step);
}

}  // namespace pxf
