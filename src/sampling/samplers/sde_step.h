// A step of the reverse SDE for a denoised latent that stays the same: exact, with h = log(from / to).
#pragma once

#include <cmath>

#include "ops/elementwise.h"
#include "sampling/samplers.h"

namespace pxf {

/// The share of x that is left after the part h of a step; eta as in ancestral samplers, 0 for the ODE.
inline double sde_keep(double h, double eta) { return std::exp(-h * (1 + eta)); }

/// Standard deviation, in units of the sigma reached, of the noise that a step of h brings.
inline double sde_noise(double h, double eta) { return std::sqrt(-std::expm1(-2 * h * eta)); }

/// x with that noise at sigmas[i + 1].
inline Tensor add_sde_noise(Tensor x, const Sigmas& sigmas, std::size_t i, double eta, const SamplerOptions& options) {
  const double amount = sigmas[i + 1] * sde_noise(std::log(sigmas[i] / sigmas[i + 1]), eta) * options.s_noise;
  if (amount == 0) return x;
  const Tensor noise = options.noise(x, sigmas[i], sigmas[i + 1]);
  return weighted_sum(1, std::move(x), amount, noise);
}

}  // namespace pxf
