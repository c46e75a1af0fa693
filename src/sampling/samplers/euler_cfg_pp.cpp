#include "ops/elementwise.h"
#include "sampling/samplers.h"
#include "sampling/samplers/ancestral.h"
#include "sampling/samplers/cfg_pp.h"

namespace pxf {
namespace {

/// A flow's x is (1 - sigma) (z + sigma / (1 - sigma) n): noise is counted per signal, as in log-SNR.
Tensor euler_cfg_pp(Tensor x, const Sigmas& sigmas, const SamplerOptions& options, double eta, const OnStep& on_step) {
  const DenoiseGuided& guided = guided_of(options);
  const auto signal = [&](double sigma) { return options.flow ? 1 - sigma : 1; };
  for (std::size_t i = 0; i + 1 < sigmas.size(); ++i) {
    const double now = signal(sigmas[i]), next = signal(sigmas[i + 1]);
    const auto [down, keep, up] = ancestral_step(sigmas[i] / now, sigmas[i + 1] / next, eta);
    const auto [denoised, uncond] = guided(x, sigmas[i]);
    const Tensor noise = weighted_sum(1 / sigmas[i], std::move(x), -now / sigmas[i], uncond);
    x = weighted_sum(next, denoised, next * down, noise);
    x = AncestralStep{down, 1, next * up}.renoise(std::move(x), sigmas, i, options);
    on_step(static_cast<int>(i), x, denoised);
  }
  return x;
}

}  // namespace

// Chung et al. 2024, "CFG++", algorithm 2: DDIM whose noise is the unguided one.
Tensor sample_euler_cfg_pp(const Denoise&, Tensor x, const Sigmas& sigmas, const SamplerOptions& options,
                           const OnStep& on_step) {
  return euler_cfg_pp(std::move(x), sigmas, options, 0, on_step);
}

// The same with part of the noise drawn anew. ComfyUI sample_euler_ancestral_cfg_pp.
Tensor sample_euler_ancestral_cfg_pp(const Denoise&, Tensor x, const Sigmas& sigmas, const SamplerOptions& options,
                                     const OnStep& on_step) {
  return euler_cfg_pp(std::move(x), sigmas, options, options.eta.value_or(1), on_step);
}

}  // namespace pxf
