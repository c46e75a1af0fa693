#include <cmath>

#include "ops/elementwise.h"
#include "sampling/samplers.h"
#include "sampling/samplers/phi.h"
#include "sampling/samplers/scaled_flow.h"
#include "sampling/samplers/sde_step.h"

namespace pxf {
namespace {

/// The stages of one step, at shares c of the way h in log sigma. Their noise is one path: each goes on from the last.
class Stages {
 public:
  Stages(const Tensor& x, double from, double to, const SamplerOptions& options)
      : x_(x), from_(from), h_(std::log(from / to)), eta_(options.eta.value_or(1)), options_(options) {}

  double sigma(double c) const { return from_ * std::exp(-c * h_); }
  double way(double c) const { return c * h_ * (1 + eta_); }

  /// x at c; `target` is what the weights of the denoised latents, 1 - exp(-way(c)) in all, gave.
  Tensor at(double c, const Tensor& target) { return with_noise(weighted_sum(std::exp(-way(c)), x_, 1, target), c); }

 private:
  Tensor with_noise(Tensor x, double c) {
    if (eta_ == 0 || options_.s_noise == 0) return x;
    const double h = (c - reached_) * h_;
    const Tensor fresh = options_.noise(x, sigma(reached_), sigma(c)) * sde_noise(h, eta_);
    noise_ = noise_.defined() ? weighted_sum(std::exp(-h * eta_), noise_, 1, fresh) : fresh;
    reached_ = c;
    return weighted_sum(1, std::move(x), sigma(c) * options_.s_noise, noise_);
  }

  const Tensor& x_;
  double from_, h_, eta_;
  const SamplerOptions& options_;
  double reached_ = 0;
  Tensor noise_;  // in units of sigma(reached_)
};

Tensor seeds_2_step(const Denoise& denoise, const Tensor& x, const Tensor& d1, double from, double to,
                    const SamplerOptions& options) {
  Stages stages(x, from, to, options);
  const double r = options.r, all = stages.way(1);
  const Tensor x2 = stages.at(r, d1 * -std::expm1(-stages.way(r)));
  const Tensor d2 = denoise(x2, stages.sigma(r));
  const Tensor d = weighted_sum(1 - 1 / (2 * r), d1, 1 / (2 * r), d2);
  return stages.at(1, d * -std::expm1(-all));
}

Tensor seeds_3_step(const Denoise& denoise, const Tensor& x, const Tensor& d1, double from, double to,
                    const SamplerOptions& options) {
  constexpr double r1 = 1. / 3, r2 = 2. / 3;
  Stages stages(x, from, to, options);
  const Tensor x2 = stages.at(r1, d1 * -std::expm1(-stages.way(r1)));
  const Tensor d2 = denoise(x2, stages.sigma(r1));
  const double h2 = stages.way(r2), a2 = r2 / r1 * h2 * phi_2(-h2);
  const Tensor x3 = stages.at(r2, weighted_sum(-std::expm1(-h2) - a2, d1, a2, d2));
  const Tensor d3 = denoise(x3, stages.sigma(r2));
  const double h = stages.way(1), b3 = h * phi_2(-h) / r2;
  return stages.at(1, weighted_sum(-std::expm1(-h) - b3, d1, b3, d3));
}

template <auto step>
Tensor seeds(const Denoise& denoise, Tensor x, const Sigmas& sigmas, const SamplerOptions& options,
             const OnStep& on_step) {
  for (std::size_t i = 0; i + 1 < sigmas.size(); ++i) {
    const Tensor denoised = denoise(x, sigmas[i]);
    x = sigmas[i + 1] == 0 ? denoised : step(denoise, x, denoised, sigmas[i], sigmas[i + 1], options);
    on_step(static_cast<int>(i), x, denoised);
  }
  return x;
}

}  // namespace

// Gonzalez et al. 2023, "SEEDS: Exponential SDE Solvers for Fast High-Quality Sampling from Diffusion Models",
// algorithms 3 and 4 in their form for denoised latents.
Tensor sample_seeds_2(const Denoise& denoise, Tensor x, const Sigmas& sigmas, const SamplerOptions& options,
                      const OnStep& on_step) {
  return sample_scaled(seeds<seeds_2_step>, denoise, std::move(x), sigmas, options, on_step);
}

Tensor sample_seeds_3(const Denoise& denoise, Tensor x, const Sigmas& sigmas, const SamplerOptions& options,
                      const OnStep& on_step) {
  return sample_scaled(seeds<seeds_3_step>, denoise, std::move(x), sigmas, options, on_step);
}

}  // namespace pxf
