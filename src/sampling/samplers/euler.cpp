#include <algorithm>
#include <cmath>
#include <numbers>

#include "ops/elementwise.h"
#include "sampling/samplers.h"

namespace pxf {
namespace {

/// The sigma to which noise is raised before step i: sigmas[i] itself without churn. Karras et al. 2022, algorithm 2.
double churned(const Sigmas& sigmas, std::size_t i, const SamplerOptions& options) {
  if (sigmas[i] < options.s_tmin || sigmas[i] > options.s_tmax) return sigmas[i];
  const double steps = static_cast<double>(sigmas.size() - 1);
  return sigmas[i] * (1 + std::min(options.s_churn / steps, std::numbers::sqrt2 - 1));
}

}  // namespace

// Euler's method on the probability-flow ODE. Karras et al. 2022, algorithm 2 without its correction.
Tensor sample_euler(const Denoise& denoise, Tensor x, const Sigmas& sigmas, const SamplerOptions& options,
                    const OnStep& on_step) {
  for (std::size_t i = 0; i + 1 < sigmas.size(); ++i) {
    const double sigma = churned(sigmas, i, options);
    if (sigma > sigmas[i]) {
      const double added = std::sqrt(sigma * sigma - sigmas[i] * sigmas[i]);
      x = x + options.noise(x, sigmas[i], sigma) * (added * options.s_noise);
    }
    const Tensor denoised = denoise(x, sigma);
    const Tensor d = (x - denoised) / sigma;  // dx/dsigma
    x = x + d * (sigmas[i + 1] - sigma);
    on_step(static_cast<int>(i), x, denoised);
  }
  return x;
}

}  // namespace pxf
