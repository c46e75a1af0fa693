#include <cmath>

#include "ops/elementwise.h"
#include "sampling/samplers.h"
#include "sampling/samplers/ancestral.h"
#include "sampling/samplers/churn.h"

namespace pxf {
namespace {

/// To `to` by the slope at the middle of log sigma; straight to 0, which has no middle.
Tensor midpoint_step(const Denoise& denoise, const Tensor& x, const Tensor& denoised, double from, double to) {
  const Tensor d = (x - denoised) / from;  // dx/dsigma
  if (to == 0) return x + d * (to - from);
  const double middle = std::sqrt(from * to);
  const Tensor half_way = x + d * (middle - from);
  const Tensor d_middle = d + (denoised - denoise(half_way, middle)) / middle;  // at half_way, less rounded
  return x + d_middle * (to - from);
}

}  // namespace

// DPM-Solver-2's midpoint (Lu et al. 2022, algorithm 1) in the place of Heun's step in Karras et al. 2022, algorithm 2.
Tensor sample_dpm_2(const Denoise& denoise, Tensor x, const Sigmas& sigmas, const SamplerOptions& options,
                    const OnStep& on_step) {
  for (std::size_t i = 0; i + 1 < sigmas.size(); ++i) {
    const auto [noisy, sigma] = churn(std::move(x), sigmas, i, options);
    const Tensor denoised = denoise(noisy, sigma);
    x = midpoint_step(denoise, noisy, denoised, sigma, sigmas[i + 1]);
    on_step(static_cast<int>(i), x, denoised);
  }
  return x;
}

// The same with part of the noise drawn anew. k-diffusion sample_dpm_2_ancestral.
Tensor sample_dpm_2_ancestral(const Denoise& denoise, Tensor x, const Sigmas& sigmas, const SamplerOptions& options,
                              const OnStep& on_step) {
  for (std::size_t i = 0; i + 1 < sigmas.size(); ++i) {
    const AncestralStep step = ancestral_step(sigmas[i], sigmas[i + 1], options, 1);
    const Tensor denoised = denoise(x, sigmas[i]);
    x = midpoint_step(denoise, x, denoised, sigmas[i], step.down);
    x = step.renoise(std::move(x), sigmas, i, options);
    on_step(static_cast<int>(i), x, denoised);
  }
  return x;
}

}  // namespace pxf
