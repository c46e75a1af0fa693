#include <cmath>

#include "ops/elementwise.h"
#include "sampling/samplers.h"
#include "sampling/samplers/ancestral.h"
#include "sampling/samplers/cfg_pp.h"

namespace pxf {
namespace {

/// Half way in log-SNR: of sigma, or of sigma / (1 - sigma) in a flow, whose noisiest level has no finite one.
double middle(double from, double to, bool flow) {
  if (!flow) return std::sqrt(from * to);
  if (from == 1) return 0.9999;  // ComfyUI's
  const double ratio = std::sqrt(from / (1 - from) * to / (1 - to));
  return ratio / (1 + ratio);
}

/// x at `to`, for one denoised latent all the way. Exact in both parameterisations.
Tensor go(const Tensor& x, const Tensor& denoised, double from, double to) {
  return weighted_sum(to / from, x, 1 - to / from, denoised);
}

}  // namespace

// Lu et al. 2022, "DPM-Solver++", algorithm 1 (2S) with r = 1/2, noise drawn anew after it.
Tensor sample_dpmpp_2s_ancestral(const Denoise& denoise, Tensor x, const Sigmas& sigmas, const SamplerOptions& options,
                                 const OnStep& on_step) {
  for (std::size_t i = 0; i + 1 < sigmas.size(); ++i) {
    const double sigma = sigmas[i];
    const AncestralStep step = ancestral_step(sigma, sigmas[i + 1], options, 1);
    const Tensor denoised = denoise(x, sigma);
    Tensor target = denoised;
    if (step.down > 0) {
      const double half_way = middle(sigma, step.down, options.flow);
      target = denoise(go(x, denoised, sigma, half_way), half_way);
    }
    x = step.renoise(go(x, target, sigma, step.down), sigmas, i, options);
    on_step(static_cast<int>(i), x, denoised);
  }
  return x;
}

// The same on x moved so that its noise is the unguided one; for the whole step the one half way. As ComfyUI 0.3 has
// it, which has no form for flows.
Tensor sample_dpmpp_2s_ancestral_cfg_pp(const Denoise&, Tensor x, const Sigmas& sigmas, const SamplerOptions& options,
                                        const OnStep& on_step) {
  const DenoiseGuided& guided = guided_of(options);
  for (std::size_t i = 0; i + 1 < sigmas.size(); ++i) {
    const double sigma = sigmas[i];
    const AncestralStep step = ancestral_step(sigma, sigmas[i + 1], options.eta.value_or(1));
    const auto [denoised, uncond] = guided(x, sigma);
    Guided target{denoised, uncond};
    if (step.down > 0) {
      const double half_way = middle(sigma, step.down, false);
      target = guided(go(x + (denoised - uncond), denoised, sigma, half_way), half_way);
    }
    x = go(x + (denoised - target.uncond), target.denoised, sigma, step.down);
    x = step.renoise(std::move(x), sigmas, i, options);
    on_step(static_cast<int>(i), x, denoised);
  }
  return x;
}

}  // namespace pxf
