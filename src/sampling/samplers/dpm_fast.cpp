#include <cmath>

#include "ops/elementwise.h"
#include "sampling/samplers.h"
#include "sampling/samplers/dpm_solver.h"

namespace pxf {
namespace {

/// Steps of third order, and lower ones at the end, that use `evaluations` in all.
std::vector<int> orders_for(int evaluations) {
  std::vector<int> orders(static_cast<std::size_t>(evaluations / 3), 3);
  if (evaluations % 3 != 0) {
    orders.push_back(evaluations % 3);
  } else {
    orders.back() = 2;
    orders.push_back(1);
  }
  return orders;
}

}  // namespace

// DPM-Solver in equal steps of log sigma, one evaluation for each sigma in the list, of which only the ends count: from
// the first to the last above 0. Lu et al. 2022, "DPM-Solver", section 3.4 (DPM-Solver-fast).
Tensor sample_dpm_fast(const Denoise& denoise, Tensor x, const Sigmas& sigmas, const SamplerOptions& options,
                       const OnStep& on_step) {
  if (sigmas.size() < 2) return x;
  const std::vector<int> orders = orders_for(static_cast<int>(sigmas.size()) - 1);
  const double last = last_above_zero(sigmas);
  const double first_t = -std::log(sigmas[0]), last_t = -std::log(last);
  const auto sigma_at = [&](std::size_t i) {
    return std::exp(-std::lerp(first_t, last_t, static_cast<double>(i) / static_cast<double>(orders.size())));
  };
  for (std::size_t i = 0; i < orders.size(); ++i) {
    const double from = sigma_at(i), to = sigma_at(i + 1);
    const auto [down, up] = dpm_noise(from, to, last, options.eta.value_or(0));
    DpmSolverStep step(denoise, x, from);
    x = orders[i] == 1   ? step.first_order(down)
        : orders[i] == 2 ? step.second_order(down, 0.5)
                         : step.third_order(down);
    if (up > 0) x = x + options.noise(x, from, to) * (up * options.s_noise);
    on_step(static_cast<int>(i), x, step.denoised());
  }
  return x;
}

}  // namespace pxf
