#include <algorithm>
#include <cmath>

#include "ops/elementwise.h"
#include "sampling/samplers.h"
#include "sampling/samplers/heun.h"
#include "sampling/schedules/schedules.h"

namespace pxf {
namespace {

std::size_t nearest(const Sigmas& sigmas, double wanted) {
  const auto nearer = [&](double a, double b) { return std::abs(a - wanted) < std::abs(b - wanted); };
  return static_cast<std::size_t>(std::min_element(sigmas.begin(), sigmas.end(), nearer) - sigmas.begin());
}

/// The sigmas to walk: a Karras schedule, shortened by the steps that restarts spend between sigma 2 and 0.1.
/// A1111: no restart below 20 steps, one of 9 steps from 20 on, two of a quarter of the steps from 36 on.
Sigmas with_restarts(const Sigmas& sigmas) {
  const int steps = static_cast<int>(sigmas.size()) - 1;
  if (steps < 20) return sigmas;
  const int restarts = steps < 36 ? 1 : 2;
  const int restart_steps = steps < 36 ? 9 : steps / 4;
  Sigmas all = karras_sigmas(steps - restarts * restart_steps, sigmas[sigmas.size() - 2], sigmas[0], 7);
  const std::size_t low = nearest(all, 0.1), high = nearest(all, 2);
  if (high >= low) return all;
  Sigmas again = karras_sigmas(restart_steps + 1, all[low], all[high], 7);
  again.pop_back();  // the 0
  for (int k = 0; k < restarts; ++k)
    all.insert(all.begin() + static_cast<std::ptrdiff_t>(low) + 1, again.begin(), again.end());
  return all;
}

}  // namespace

// Heun's method that goes back to more noise now and then, which contracts the errors made so far.
// Xu et al. 2023, "Restart Sampling for Improving Generative Processes".
Tensor sample_restart(const Denoise& denoise, Tensor x, const Sigmas& sigmas, const SamplerOptions& options,
                      const OnStep& on_step) {
  if (sigmas.size() < 2) return x;
  const Sigmas walk = with_restarts(sigmas);
  int step = 0;
  for (std::size_t i = 0; i + 1 < walk.size(); ++i) {
    if (walk[i + 1] > walk[i]) {
      const double added = std::sqrt(walk[i + 1] * walk[i + 1] - walk[i] * walk[i]);
      x = x + options.noise(x, walk[i], walk[i + 1]) * (added * options.s_noise);
      continue;
    }
    const auto [next, denoised] = heun_step(denoise, x, walk[i], walk[i + 1]);
    x = next;
    on_step(step++, x, denoised);
  }
  return x;
}

}  // namespace pxf
