#include "ops/elementwise.h"
#include "sampling/samplers.h"
#include "sampling/samplers/cfg_pp.h"

namespace pxf {
namespace {

// Euler's method with the slope carried on from the one before: gamma d + (1 - gamma) d_last.
// Permenter and Yuan 2024, "Interpreting and Improving Diffusion Models from an Optimization Perspective", algorithm 2.
Tensor gradient_estimation(const DenoiseGuided& denoise, Tensor x, const Sigmas& sigmas, const SamplerOptions& options,
                           const OnStep& on_step) {
  Tensor last;
  for (std::size_t i = 0; i + 1 < sigmas.size(); ++i) {
    const double next = sigmas[i + 1];
    const auto [denoised, uncond] = denoise(x, sigmas[i]);
    const Tensor d = (x - uncond) / sigmas[i];  // dx/dsigma
    x = denoised + d * next;
    if (i > 0 && next > 0) x = x + (d - last) * ((options.gamma - 1) * (next - sigmas[i]));
    on_step(static_cast<int>(i), x, denoised);
    last = d;
  }
  return x;
}

}  // namespace

Tensor sample_gradient_estimation(const Denoise& denoise, Tensor x, const Sigmas& sigmas, const SamplerOptions& options,
                                  const OnStep& on_step) {
  return gradient_estimation(both(denoise), std::move(x), sigmas, options, on_step);
}

Tensor sample_gradient_estimation_cfg_pp(const Denoise&, Tensor x, const Sigmas& sigmas, const SamplerOptions& options,
                                         const OnStep& on_step) {
  return gradient_estimation(guided_of(options), std::move(x), sigmas, options, on_step);
}

}  // namespace pxf
