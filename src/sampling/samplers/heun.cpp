#include "sampling/samplers/heun.h"

#include "ops/elementwise.h"
#include "sampling/samplers/churn.h"

namespace pxf {

HeunStep heun_step(const Denoise& denoise, const Tensor& x, double from, double to) {
  const Tensor denoised = denoise(x, from);
  const Tensor d = (x - denoised) / from;  // dx/dsigma
  const Tensor ahead = x + d * (to - from);
  if (to == 0) return {ahead, denoised};
  const Tensor d_ahead = (ahead - denoise(ahead, to)) / to;
  return {x + (d + d_ahead) * ((to - from) / 2), denoised};
}

// Heun's method of second order. Karras et al. 2022, algorithm 2.
Tensor sample_heun(const Denoise& denoise, Tensor x, const Sigmas& sigmas, const SamplerOptions& options,
                   const OnStep& on_step) {
  for (std::size_t i = 0; i + 1 < sigmas.size(); ++i) {
    const auto [noisy, sigma] = churn(std::move(x), sigmas, i, options);
    const auto [next, denoised] = heun_step(denoise, noisy, sigma, sigmas[i + 1]);
    x = next;
    on_step(static_cast<int>(i), x, denoised);
  }
  return x;
}

}  // namespace pxf
