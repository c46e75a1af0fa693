#include <algorithm>
#include <cmath>
#include <optional>

#include "ops/elementwise.h"
#include "sampling/samplers.h"
#include "sampling/samplers/multistep.h"
#include "sampling/samplers/phi.h"

namespace pxf {
namespace {

enum class B { bh1, bh2 };  // the paper's B(h): h, or e^h - 1

/// One step: the same equation predicts without, and corrects with, the denoised latent at its end.
struct UniStep {
  double from, to;           // sigmas
  std::vector<double> ways;  // of the earlier denoised latents but the newest, in steps from `from`: negative
  B kind;

  /// Weights of the differences to the denoised latent at `from`, those of `nodes`: equation 5 and its R, a.
  std::vector<double> weights(const std::vector<double>& nodes) const {
    if (nodes.size() == 1) return {0.5 / nodes[0]};  // the paper's choice for second order
    const double h = -std::log(from / to);
    std::vector<std::vector<double>> rows;
    std::vector<double> values;
    double phi = phi_1(h) - 1, factorial = 1;
    for (std::size_t p = 0; p < nodes.size(); ++p) {
      std::vector<double> row;
      for (const double node : nodes) row.push_back(std::pow(node, p));
      rows.push_back(row);
      values.push_back(phi * factorial / b());
      factorial *= static_cast<double>(p) + 2;
      phi = phi / h - 1 / factorial;
    }
    std::vector<double> w = solve(rows, values);
    for (std::size_t i = 0; i < w.size(); ++i) w[i] /= nodes[i];
    return w;
  }
  double b() const { return kind == B::bh1 ? -std::log(from / to) : to / from - 1; }

  /// x at `to`. `denoised`, the newest first: one at `from` and those before; `ahead`: the one at `to`, to correct.
  Tensor go(const Tensor& x, const History& denoised, std::size_t newest, const Tensor* ahead) const {
    Tensor there = weighted_sum(to / from, x, 1 - to / from, denoised[newest]);
    std::vector<double> nodes = ways;
    if (ahead) nodes.push_back(1);
    if (nodes.empty()) return there;
    const auto w = weights(nodes);
    for (std::size_t k = 0; k < ways.size(); ++k) {
      there = there - (denoised[newest + k + 1] - denoised[newest]) * (b() * w[k]);
    }
    if (ahead) there = there - (*ahead - denoised[newest]) * (b() * w.back());
    return there;
  }
};

// Zhao et al. 2023, "UniPC: A Unified Predictor-Corrector Framework for Fast Sampling of Diffusion Models", algorithms
// 5 to 8 for denoised latents. One evaluation a step: the predicted x is asked about, and then corrected.
Tensor uni_pc(const Denoise& denoise, Tensor x, Sigmas sigmas, const SamplerOptions& options, const OnStep& on_step,
              B kind) {
  constexpr double kLast = 0.001;  // ComfyUI's, in the place of 0, whose logarithm the method needs
  const int steps = static_cast<int>(sigmas.size()) - 1;
  if (steps < 1) return x;
  if (sigmas.back() == 0) sigmas.back() = kLast;
  const int most = std::min(options.order ? options.order : 3, std::max(1, steps - 1));
  History denoised(most + 1);
  std::optional<UniStep> step;
  Tensor predicted = x;
  for (int i = 0; i < steps; ++i) {
    const auto k = static_cast<std::size_t>(i);
    denoised.push(denoise(predicted, sigmas[k]));
    x = step ? step->go(x, denoised, 1, &denoised[0]) : predicted;

    step = UniStep{sigmas[k], sigmas[k + 1], {}, kind};
    const int order = std::min({most, i + 1, steps - i});
    for (std::size_t j = 1; j < static_cast<std::size_t>(order); ++j) {
      step->ways.push_back(std::log(sigmas[k] / sigmas[k - j]) / std::log(sigmas[k] / sigmas[k + 1]));
    }
    predicted = step->go(x, denoised, 0, nullptr);
    on_step(i, predicted, denoised[0]);
  }
  return predicted;
}

}  // namespace

Tensor sample_uni_pc(const Denoise& denoise, Tensor x, const Sigmas& sigmas, const SamplerOptions& options,
                     const OnStep& on_step) {
  return uni_pc(denoise, std::move(x), sigmas, options, on_step, B::bh1);
}

Tensor sample_uni_pc_bh2(const Denoise& denoise, Tensor x, const Sigmas& sigmas, const SamplerOptions& options,
                         const OnStep& on_step) {
  return uni_pc(denoise, std::move(x), sigmas, options, on_step, B::bh2);
}

}  // namespace pxf
