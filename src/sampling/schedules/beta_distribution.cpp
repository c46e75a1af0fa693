#include "sampling/schedules/beta_distribution.h"

#include <cmath>

namespace pxf {
namespace {

/// The share below x, for x up to 1/2. By its hypergeometric series, DLMF 8.17.7: terms fall at least like 2^-k.
double share_below(double x, double shape) {
  double term = 1 / shape, sum = term;
  for (int k = 1; std::abs(term) > 1e-17 * sum; ++k) {
    term *= x * (k - shape) / k * (shape + k - 1) / (shape + k);
    sum += term;
  }
  const double log_beta = 2 * std::lgamma(shape) - std::lgamma(2 * shape);
  return std::exp(shape * std::log(x) - log_beta) * sum;
}

}  // namespace

double beta_quantile(double p, double shape) {
  if (p > 0.5) return 1 - beta_quantile(1 - p, shape);
  if (p <= 0) return 0;
  double low = 0, high = 0.5;
  for (int i = 0; i < 100; ++i) {
    const double middle = (low + high) / 2;
    (share_below(middle, shape) < p ? low : high) = middle;
  }
  return (low + high) / 2;
}

}  // namespace pxf
