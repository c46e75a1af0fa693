// A linear layer: dst = src W^T + bias.
#pragma once

#include "ops/context.h"
#include "ops/weight.h"

namespace pxf {

struct LinearDesc {
  static constexpr const char* kOp = "linear";
  const Tensor& src;     // (..., K)
  const Weight& weight;  // (N, K), or (N, K, 1, 1) as 1x1 convolutions are stored
  const Weight* bias;    // (N) or null
  Tensor& dst;           // (..., N)

  std::int64_t in() const { return src.dim(-1); }
  std::int64_t out() const { return dst.dim(-1); }
  std::int64_t rows() const { return in() == 0 ? 0 : src.numel() / in(); }
  double flops() const { return 2.0 * static_cast<double>(rows() * in() * out()); }
};

/// (..., K) and a weight (N, K) -> (..., N), f32. `bias` (N) may be null. A weight that is known as a sum of low rank
/// acts term by term and is not made.
Tensor linear(const Tensor& src, const Weight& weight, const Weight* bias);

}  // namespace pxf
