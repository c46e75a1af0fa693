#include <algorithm>
#include <cmath>

#include "ops/elementwise.h"
#include "sampling/samplers.h"
#include "sampling/samplers/dpm_solver.h"

namespace pxf {
namespace {

/// Root mean square of (low - high) / max(atol, rtol max(|low|, |last|)): 1 is what is allowed.
template <class T>
double error_of(const Tensor& low, const Tensor& high, const Tensor& last, const SamplerOptions& options) {
  const auto l = low.span<T>(), h = high.span<T>(), b = last.span<T>();
  double sum = 0;
  for (std::size_t i = 0; i < l.size(); ++i) {
    const double size = std::max(std::abs(double{l[i]}), std::abs(double{b[i]}));
    const double e = (double{l[i]} - double{h[i]}) / std::max(options.atol, options.rtol * size);
    sum += e * e;
  }
  return std::sqrt(sum / static_cast<double>(l.size()));
}

}  // namespace

// DPM-Solver whose steps in log sigma are as long as the difference between two orders allows, from the first sigma to
// the last above 0. Lu et al. 2022, "DPM-Solver", appendix C (DPM-Solver-12 and -23); k-diffusion's step control.
Tensor sample_dpm_adaptive(const Denoise& denoise, Tensor x, const Sigmas& sigmas, const SamplerOptions& options,
                           const OnStep& on_step) {
  if (sigmas.size() < 2) return x;
  constexpr double kFirstStep = 0.05, kAcceptAbove = 0.81, kEnd = 1e-5;
  const double eta = options.eta.value_or(0), last = last_above_zero(sigmas), last_t = -std::log(last);
  const int order = options.order ? options.order : 3;
  double t = -std::log(sigmas[0]), h = kFirstStep;
  Tensor before = x;  // the lower order's at the last step
  for (int accepted = 0; t < last_t - kEnd;) {
    const double next_t = std::min(last_t, t + h);
    const double from = std::exp(-t), to = std::exp(-next_t);
    const auto [down, up] = dpm_noise(from, to, last, eta);
    DpmSolverStep step(denoise, x, from);
    const Tensor low = order == 2 ? step.first_order(down) : step.second_order(down, 1. / 3);
    const Tensor high = order == 2 ? step.second_order(down, 0.5) : step.third_order(down);

    const double error = x.dtype() == DType::f64 ? error_of<double>(low, high, before, options)
                                                 : error_of<float>(low, high, before, options);
    const double factor = 1 + std::atan(std::pow(error + 1e-8, -1 / (eta > 0 ? 1.5 : order)) - 1);
    h *= factor;
    if (factor < kAcceptAbove && h > kEnd) continue;  // the step again, shorter, unless nothing helps
    before = low;
    x = high;
    if (up > 0) x = x + options.noise(x, from, to) * (up * options.s_noise);
    t = next_t;
    on_step(accepted++, x, step.denoised());
  }
  return x;
}

}  // namespace pxf
