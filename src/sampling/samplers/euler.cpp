#include "ops/elementwise.h"
#include "sampling/samplers.h"
#include "sampling/samplers/churn.h"

namespace pxf {

// Euler's method on the probability-flow ODE. Karras et al. 2022, algorithm 2 without its correction.
Tensor sample_euler(const Denoise& denoise, Tensor x, const Sigmas& sigmas, const SamplerOptions& options,
                    const OnStep& on_step) {
  for (std::size_t i = 0; i + 1 < sigmas.size(); ++i) {
    auto [noisy, sigma] = churn(std::move(x), sigmas, i, options);
    const Tensor denoised = denoise(noisy, sigma);
    const Tensor d = (noisy - denoised) / sigma;  // dx/dsigma
    x = noisy + d * (sigmas[i + 1] - sigma);
    on_step(static_cast<int>(i), x, denoised);
  }
  return x;
}

}  // namespace pxf
