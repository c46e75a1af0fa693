#include "sampling/samplers/multistep.h"

#include <algorithm>
#include <cmath>

#include "ops/elementwise.h"

namespace pxf {

void History::push(Tensor value) {
  values_.push_front(std::move(value));
  if (values_.size() > most_) values_.pop_back();
}

Tensor History::sum(std::span<const double> weights) const {
  Tensor total = values_[0] * weights[0];
  for (std::size_t i = 1; i < weights.size(); ++i) total = weighted_sum(1, std::move(total), weights[i], values_[i]);
  return total;
}

std::vector<double> adams_bashforth(int order) {
  switch (order) {
    case 1: return {1};
    case 2: return {3. / 2, -1. / 2};
    case 3: return {23. / 12, -16. / 12, 5. / 12};
    default: return {55. / 24, -59. / 24, 37. / 24, -9. / 24};
  }
}

double lagrange(std::span<const double> nodes, std::size_t j, double t) {
  double product = 1;
  for (std::size_t k = 0; k < nodes.size(); ++k) {
    if (k != j) product *= (t - nodes[k]) / (nodes[j] - nodes[k]);
  }
  return product;
}

std::vector<double> latest(std::span<const double> list, std::size_t last, int count) {
  std::vector<double> out;
  for (std::size_t k = 0; k < static_cast<std::size_t>(count); ++k) out.push_back(list[last - k]);
  return out;
}

std::vector<double> solve(std::vector<std::vector<double>> rows, std::vector<double> values) {
  const std::size_t n = values.size();
  for (std::size_t c = 0; c < n; ++c) {
    std::size_t pivot = c;
    for (std::size_t r = c + 1; r < n; ++r) {
      if (std::abs(rows[r][c]) > std::abs(rows[pivot][c])) pivot = r;
    }
    std::swap(rows[c], rows[pivot]);
    std::swap(values[c], values[pivot]);
    for (std::size_t r = c + 1; r < n; ++r) {
      const double factor = rows[r][c] / rows[c][c];
      for (std::size_t k = c; k < n; ++k) rows[r][k] -= factor * rows[c][k];
      values[r] -= factor * values[c];
    }
  }
  for (std::size_t c = n; c-- > 0;) {
    for (std::size_t k = c + 1; k < n; ++k) values[c] -= rows[c][k] * values[k];
    values[c] /= rows[c][c];
  }
  return values;
}

}  // namespace pxf
