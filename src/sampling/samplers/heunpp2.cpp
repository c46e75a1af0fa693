#include <algorithm>

#include "ops/elementwise.h"
#include "sampling/samplers.h"
#include "sampling/samplers/churn.h"

namespace pxf {

// Heun++: slopes at up to two sigmas ahead, each weighted by its sigma's share of the first one's.
// Carzit, sd-webui-samplers-scheduler 2023.
Tensor sample_heunpp2(const Denoise& denoise, Tensor x, const Sigmas& sigmas, const SamplerOptions& options,
                      const OnStep& on_step) {
  for (std::size_t i = 0; i + 1 < sigmas.size(); ++i) {
    auto [noisy, sigma] = churn(std::move(x), sigmas, i, options);
    const Tensor denoised = denoise(noisy, sigma);
    const Tensor d = (noisy - denoised) / sigma;  // dx/dsigma
    const double step = sigmas[i + 1] - sigma;

    const std::size_t looks = std::min<std::size_t>(2, sigmas.size() - 2 - i);
    Tensor ahead = noisy + d * step, mean = d, d_ahead = d;
    for (std::size_t k = 1; k <= looks; ++k) {
      const double at = sigmas[i + k];
      if (k > 1) ahead = ahead + d_ahead * (at - sigmas[i + k - 1]);
      d_ahead = (ahead - denoise(ahead, at)) / at;
      const double weight = at / (sigmas[0] * static_cast<double>(looks + 1));
      mean = mean + (d_ahead - d) * weight;
    }
    x = noisy + mean * step;
    on_step(static_cast<int>(i), x, denoised);
  }
  return x;
}

}  // namespace pxf
