#include <cmath>

#include "ops/elementwise.h"
#include "sampling/samplers.h"
#include "sampling/samplers/phi.h"
#include "sampling/samplers/scaled_flow.h"
#include "sampling/samplers/sde_step.h"

namespace pxf {
namespace {

// Lu et al. 2022, "DPM-Solver++", equation 14 (SDE-DPM-Solver++(2M)): a denoised latent that is linear in log sigma,
// the slope taken from the step before, integrated exactly ("heun") or by its middle ("midpoint").
template <bool heun>
Tensor dpmpp_2m_sde(const Denoise& denoise, Tensor x, const Sigmas& sigmas, const SamplerOptions& options,
                    const OnStep& on_step) {
  const double eta = options.eta.value_or(1);
  Tensor previous;
  for (std::size_t i = 0; i + 1 < sigmas.size(); ++i) {
    const Tensor denoised = denoise(x, sigmas[i]);
    if (sigmas[i + 1] == 0) {
      x = denoised;
    } else {
      const double h = std::log(sigmas[i] / sigmas[i + 1]), both = h * (1 + eta);
      const double keep = sde_keep(h, eta);
      x = weighted_sum(keep, std::move(x), 1 - keep, denoised);
      if (i > 0) {
        const double h_last = std::log(sigmas[i - 1] / sigmas[i]);
        const double weight = heun ? both * phi_2(-both) : (1 - keep) / 2;
        x = x + (denoised - previous) * (weight * h / h_last);
      }
      x = add_sde_noise(std::move(x), sigmas, i, eta, options);
    }
    on_step(static_cast<int>(i), x, denoised);
    previous = denoised;
  }
  return x;
}

}  // namespace

Tensor sample_dpmpp_2m_sde(const Denoise& denoise, Tensor x, const Sigmas& sigmas, const SamplerOptions& options,
                           const OnStep& on_step) {
  return sample_scaled(dpmpp_2m_sde<false>, denoise, std::move(x), sigmas, options, on_step);
}

Tensor sample_dpmpp_2m_sde_heun(const Denoise& denoise, Tensor x, const Sigmas& sigmas, const SamplerOptions& options,
                                const OnStep& on_step) {
  return sample_scaled(dpmpp_2m_sde<true>, denoise, std::move(x), sigmas, options, on_step);
}

}  // namespace pxf
