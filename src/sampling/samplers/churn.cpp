#include "sampling/samplers/churn.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "ops/elementwise.h"

namespace pxf {

Churned churn(Tensor x, const Sigmas& sigmas, std::size_t i, const SamplerOptions& options) {
  const double steps = static_cast<double>(sigmas.size() - 1);
  const double gamma = std::min(options.s_churn / steps, std::numbers::sqrt2 - 1);
  if (gamma <= 0 || sigmas[i] < options.s_tmin || sigmas[i] > options.s_tmax) return {std::move(x), sigmas[i]};
  const double sigma = sigmas[i] * (1 + gamma);
  const double added = std::sqrt(sigma * sigma - sigmas[i] * sigmas[i]);
  const Tensor noise = options.noise(x, sigmas[i], sigma);
  return {weighted_sum(1, std::move(x), added * options.s_noise, noise), sigma};
}

}  // namespace pxf
