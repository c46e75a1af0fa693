#include <cmath>

#include "ops/elementwise.h"
#include "sampling/samplers.h"
#include "sampling/samplers/multistep.h"
#include "sampling/samplers/phi.h"
#include "sampling/samplers/scaled_flow.h"
#include "sampling/samplers/sde_step.h"

namespace pxf {
namespace {

// As dpmpp_2m_sde with a denoised latent that is quadratic in log sigma, through those of the last three steps.
// Lu et al. 2022, "DPM-Solver++"; Katherine Crowson, k-diffusion sample_dpmpp_3m_sde, 2023.
Tensor dpmpp_3m_sde(const Denoise& denoise, Tensor x, const Sigmas& sigmas, const SamplerOptions& options,
                    const OnStep& on_step) {
  const double eta = options.eta.value_or(1);
  History last(3);
  const auto step = [&](std::size_t i) { return std::log(sigmas[i] / sigmas[i + 1]); };
  for (std::size_t i = 0; i + 1 < sigmas.size(); ++i) {
    const Tensor denoised = denoise(x, sigmas[i]);
    last.push(denoised);
    if (sigmas[i + 1] == 0) {
      x = denoised;
    } else {
      const double h = step(i), both = h * (1 + eta), keep = sde_keep(h, eta);
      x = weighted_sum(keep, std::move(x), 1 - keep, denoised);
      if (i > 0) {
        const double r0 = step(i - 1) / h;
        Tensor first = (last[0] - last[1]) / r0;  // derivatives by the way in this step
        if (i > 1) {
          const double r1 = step(i - 2) / h;
          const Tensor change = first - (last[1] - last[2]) / r1;
          first = first + change * (r0 / (r0 + r1));
          x = x + change * (both * phi_3(-both) / (r0 + r1));
        }
        x = x + first * (both * phi_2(-both));
      }
      x = add_sde_noise(std::move(x), sigmas, i, eta, options);
    }
    on_step(static_cast<int>(i), x, denoised);
  }
  return x;
}

}  // namespace

Tensor sample_dpmpp_3m_sde(const Denoise& denoise, Tensor x, const Sigmas& sigmas, const SamplerOptions& options,
                           const OnStep& on_step) {
  return sample_scaled(dpmpp_3m_sde, denoise, std::move(x), sigmas, options, on_step);
}

}  // namespace pxf
