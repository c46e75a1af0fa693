#include "sampling/samplers/ancestral.h"

#include <algorithm>
#include <cmath>

#include "ops/elementwise.h"

namespace pxf {

Tensor AncestralStep::renoise(Tensor x, const Sigmas& sigmas, std::size_t i, const SamplerOptions& options) const {
  if (up == 0) return x;
  const Tensor noise = options.noise(x, sigmas[i], sigmas[i + 1]);
  return weighted_sum(keep, std::move(x), up * options.s_noise, noise);
}

AncestralStep ancestral_step(double from, double to, double eta) {
  const double ratio = to / from;
  const double up = std::min(to, eta * to * std::sqrt((1 - ratio) * (1 + ratio)));
  return {std::sqrt(to * to - up * up), 1, up};
}

AncestralStep ancestral_flow_step(double from, double to, double eta) {
  const double down = to * (1 + (to / from - 1) * eta);
  const double keep = (1 - to) / (1 - down);
  return {down, keep, std::sqrt(std::max(0.0, to * to - down * down * keep * keep))};
}

AncestralStep ancestral_step(double from, double to, const SamplerOptions& options, double default_eta) {
  const double eta = options.eta.value_or(default_eta);
  return options.flow ? ancestral_flow_step(from, to, eta) : ancestral_step(from, to, eta);
}

}  // namespace pxf
