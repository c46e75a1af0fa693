#include <algorithm>
#include <cmath>

#include "ops/elementwise.h"
#include "sampling/samplers.h"
#include "sampling/samplers/multistep.h"
#include "sampling/samplers/scaled_flow.h"
#include "sampling/samplers/schedule_of.h"
#include "sampling/samplers/sde_step.h"

namespace pxf {
namespace {

/// A step from lambda = -log sigma to another, of the SDE whose noise is tau times the one that reverses the process.
struct Step {
  double from = 0, to = 0, tau = 0;

  double rate() const { return 1 + tau * tau; }
  double h() const { return to - from; }
  double keep() const { return sde_keep(h(), tau * tau); }
};

/// Weights of the denoised latents at `nodes` (newest first) whose polynomial, times rate e^(rate (lambda - to)), is
/// integrated over the step: equations 15 and 18. Solved on the way from `from`, so that powers stay small.
std::vector<double> weights(const Step& step, const std::vector<double>& nodes) {
  std::vector<std::vector<double>> powers;  // of the nodes
  std::vector<double> moments;              // integrals of the powers, by parts
  for (std::size_t p = 0; p < nodes.size(); ++p) {
    std::vector<double> row;
    for (const double node : nodes) row.push_back(std::pow(node - step.from, p));
    powers.push_back(row);
    const double before = p == 0 ? step.keep() : static_cast<double>(p) / step.rate() * moments.back();
    moments.push_back(std::pow(step.h(), p) - before);
  }
  return solve(powers, moments);
}

/// The paper's appendix D: second order with the integrals cut off after h^2.
std::vector<double> short_weights(const Step& step, const std::vector<double>& nodes, bool corrects) {
  const double all = 1 - step.keep(), half = step.rate() * step.h() / 2;
  const double other = corrects ? all - half : half * step.h() / (nodes[1] - step.from);
  return {all - other, other};
}

struct SaSolver {
  const SamplerOptions& options;
  std::vector<double> lambdas;
  History denoised;  // the newest first

  /// x carried over the step; the newest denoised latent is the one of lambdas[newest].
  Tensor go(const Tensor& x, const Step& step, std::size_t newest, int order, bool corrects) const {
    const auto nodes = latest(lambdas, newest, order);
    const auto w = options.simple && order == 2 ? short_weights(step, nodes, corrects) : weights(step, nodes);
    return weighted_sum(step.keep(), x, 1, denoised.sum(w));
  }
};

// Predict, evaluate, correct; with `pece`, evaluate again. Noise only in the middle of the way.
template <bool pece>
Tensor sa_solver(const Denoise& denoise, Tensor x, const Sigmas& sigmas, const SamplerOptions& options,
                 const OnStep& on_step) {
  if (sigmas.size() < 2) return x;
  const int predictor = options.order ? options.order : 3;
  const int corrector = options.corrector_order ? options.corrector_order : 4;
  SaSolver solver{options, {}, History(std::max(predictor, corrector))};
  for (const double sigma : sigmas) solver.lambdas.push_back(-std::log(sigma));
  const auto per_signal = [&](double sigma) { return options.flow ? sigma / (1 - sigma) : sigma; };
  const double noise_begins = per_signal(schedule_of(options).sigma_at(0.2));
  const double noise_ends = per_signal(schedule_of(options).sigma_at(0.8));

  const int steps = static_cast<int>(sigmas.size()) - 1;
  Step step;
  Tensor noise, predicted = x;
  for (int i = 0; i < steps; ++i) {
    const auto k = static_cast<std::size_t>(i);
    const bool last = sigmas[k + 1] == 0;
    Tensor d = denoise(predicted, sigmas[k]);
    solver.denoised.push(d);
    const int left = sigmas.back() == 0 ? steps - i : steps;  // orders fall towards 0, for stability

    const int correct = std::min({corrector, solver.denoised.size(), left});
    if (i == 0 || (last && !pece)) {
      x = predicted;
    } else {
      x = solver.go(x, step, k, correct, true);
      if (noise.defined()) x = x + noise;
      if (pece) solver.denoised.newest() = d = denoise(x, sigmas[k]);
    }
    if (last) {
      predicted = d;
    } else {
      const double tau = sigmas[k + 1] <= noise_begins && sigmas[k + 1] >= noise_ends ? options.eta.value_or(1) : 0;
      step = {solver.lambdas[k], solver.lambdas[k + 1], tau};
      predicted = solver.go(x, step, k,
                            std::min({predictor, solver.denoised.size(), sigmas.back() == 0 ? left - 1 : left}), false);
      const double amount = sigmas[k + 1] * sde_noise(step.h(), tau * tau) * options.s_noise;
      noise = amount > 0 ? options.noise(x, sigmas[k], sigmas[k + 1]) * amount : Tensor();
      if (noise.defined()) predicted = predicted + noise;
    }
    on_step(i, predicted, d);
  }
  return predicted;
}

}  // namespace

// Xue et al. 2023, "SA-Solver: Stochastic Adams Solver for Fast Sampling of Diffusion Models", algorithm 1.
Tensor sample_sa_solver(const Denoise& denoise, Tensor x, const Sigmas& sigmas, const SamplerOptions& options,
                        const OnStep& on_step) {
  return sample_scaled(sa_solver<false>, denoise, std::move(x), sigmas, options, on_step);
}

Tensor sample_sa_solver_pece(const Denoise& denoise, Tensor x, const Sigmas& sigmas, const SamplerOptions& options,
                             const OnStep& on_step) {
  return sample_scaled(sa_solver<true>, denoise, std::move(x), sigmas, options, on_step);
}

}  // namespace pxf
