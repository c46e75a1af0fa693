#include <cmath>

#include "ops/elementwise.h"
#include "sampling/samplers.h"
#include "sampling/samplers/ancestral.h"
#include "sampling/samplers/scaled_flow.h"

namespace pxf {
namespace {

/// x at sigma `to` for one denoised latent all the way, part of its noise, if eta is above 0, drawn anew.
Tensor go(const Tensor& x, const Tensor& denoised, double from, double to, double eta, const SamplerOptions& options) {
  const auto [down, keep, up] = ancestral_step(from, to, eta);
  Tensor there = weighted_sum(down / from, x, 1 - down / from, denoised);
  if (up == 0) return there;
  return weighted_sum(1, std::move(there), up * options.s_noise, options.noise(x, from, to));
}

Tensor dpmpp_sde(const Denoise& denoise, Tensor x, const Sigmas& sigmas, const SamplerOptions& options,
                 const OnStep& on_step) {
  const double eta = options.eta.value_or(1);
  for (std::size_t i = 0; i + 1 < sigmas.size(); ++i) {
    const double from = sigmas[i], to = sigmas[i + 1];
    const Tensor denoised = denoise(x, from);
    if (to == 0) {
      x = denoised;
    } else {
      const double between = from * std::pow(to / from, options.r);
      const Tensor denoised_between = denoise(go(x, denoised, from, between, eta, options), between);
      const double share = 1 / (2 * options.r);
      x = go(x, weighted_sum(1 - share, denoised, share, denoised_between), from, to, eta, options);
    }
    on_step(static_cast<int>(i), x, denoised);
  }
  return x;
}

}  // namespace

// DPM-Solver++(2S) for the SDE: two ancestral steps from the same x, the first to a share r of the way in log sigma.
// Lu et al. 2022, "DPM-Solver++", algorithm 1 and section 5; k-diffusion sample_dpmpp_sde.
Tensor sample_dpmpp_sde(const Denoise& denoise, Tensor x, const Sigmas& sigmas, const SamplerOptions& options,
                        const OnStep& on_step) {
  return sample_scaled(dpmpp_sde, denoise, std::move(x), sigmas, options, on_step);
}

}  // namespace pxf
