#include "ops/elementwise.h"
#include "sampling/samplers.h"
#include "sampling/samplers/ancestral.h"

namespace pxf {

// Euler's method with part of the noise drawn anew at every step. k-diffusion sample_euler_ancestral.
Tensor sample_euler_ancestral(const Denoise& denoise, Tensor x, const Sigmas& sigmas, const SamplerOptions& options,
                              const OnStep& on_step) {
  const auto step_to = options.flow ? ancestral_flow_step : ancestral_step;
  for (std::size_t i = 0; i + 1 < sigmas.size(); ++i) {
    const auto [down, keep, up] = step_to(sigmas[i], sigmas[i + 1], options.eta);
    const Tensor denoised = denoise(x, sigmas[i]);
    const Tensor d = (x - denoised) / sigmas[i];  // dx/dsigma
    x = x + d * (down - sigmas[i]);
    if (up > 0) x = weighted_sum(keep, x, up * options.s_noise, options.noise(x, sigmas[i], sigmas[i + 1]));
    on_step(static_cast<int>(i), x, denoised);
  }
  return x;
}

}  // namespace pxf
