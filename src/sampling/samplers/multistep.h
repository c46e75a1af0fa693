// What methods share that step with the values of earlier steps.
#pragma once

#include <deque>
#include <span>
#include <vector>

#include "tensor/tensor.h"

namespace pxf {

/// The latest values, the newest first.
class History {
 public:
  /// Keeps `most`, at least one.
  explicit History(int most) : most_(static_cast<std::size_t>(most)) {}

  void push(Tensor value);
  int size() const { return static_cast<int>(values_.size()); }
  const Tensor& operator[](std::size_t i) const { return values_[i]; }
  Tensor& newest() { return values_.front(); }

  /// Sum of weights[i] * (*this)[i]; at least one weight, no more than values.
  Tensor sum(std::span<const double> weights) const;

 private:
  std::size_t most_;
  std::deque<Tensor> values_;
};

/// Weights of the slopes at the last `order` (1 to 4) points of equal distance, the newest first, that carry one step
/// on: Adams and Bashforth 1883.
std::vector<double> adams_bashforth(int order);

/// At t, the polynomial that is 1 at nodes[j] and 0 at the other nodes: Lagrange's.
double lagrange(std::span<const double> nodes, std::size_t j, double t);

/// The last `count` of list[0] ... list[last], the newest first.
std::vector<double> latest(std::span<const double> list, std::size_t last, int count);

/// x with rows * x = values; rows is square. By elimination with pivots.
std::vector<double> solve(std::vector<std::vector<double>> rows, std::vector<double> values);

}  // namespace pxf
