#include "ops/elementwise.h"
#include "sampling/samplers.h"
#include "sampling/samplers/ancestral.h"

namespace pxf {
namespace {

Tensor ancestral_euler(const Denoise& denoise, Tensor x, const Sigmas& sigmas, const SamplerOptions& options,
                       const OnStep& on_step, double default_eta) {
  for (std::size_t i = 0; i + 1 < sigmas.size(); ++i) {
    const AncestralStep step = ancestral_step(sigmas[i], sigmas[i + 1], options, default_eta);
    const Tensor denoised = denoise(x, sigmas[i]);
    const Tensor d = (x - denoised) / sigmas[i];  // dx/dsigma
    x = x + d * (step.down - sigmas[i]);
    x = step.renoise(std::move(x), sigmas, i, options);
    on_step(static_cast<int>(i), x, denoised);
  }
  return x;
}

}  // namespace

// Euler's method with part of the noise drawn anew at every step. k-diffusion sample_euler_ancestral.
// Ho et al. 2020 (DDPM, with the smaller variance) is the same: in their space x / sqrt(1 + sigma^2), the mean and the
// variance of q(x' | x, z) are those of this step with eta 1.
Tensor sample_euler_ancestral(const Denoise& denoise, Tensor x, const Sigmas& sigmas, const SamplerOptions& options,
                              const OnStep& on_step) {
  return ancestral_euler(denoise, std::move(x), sigmas, options, on_step, 1);
}

// Song et al. 2021, equation 12: the family between Euler's method (eta 0) and DDPM (eta 1).
Tensor sample_ddim(const Denoise& denoise, Tensor x, const Sigmas& sigmas, const SamplerOptions& options,
                   const OnStep& on_step) {
  return ancestral_euler(denoise, std::move(x), sigmas, options, on_step, 0);
}

}  // namespace pxf
