// A linear layer: dst = src W^T + bias, or what a gate lets through of that.
#pragma once

#include "ops/context.h"
#include "ops/weight.h"

namespace pxf {

struct LinearDesc {
  static constexpr const char* kOp = "linear";
  const Tensor& src;     // (..., K)
  const Weight& weight;  // (N, K), or (N, K, 1, 1) as 1x1 convolutions are stored
  const Weight* bias;    // (N) or null
  Tensor& dst;           // (..., N), or (..., N / 2) if gated
  bool gated = false;    // dst = first half * gelu(second half), as GegluDesc

  std::int64_t in() const { return src.dim(-1); }
  std::int64_t out() const { return dst.dim(-1) * (gated ? 2 : 1); }
  std::int64_t rows() const { return in() == 0 ? 0 : src.numel() / in(); }
  double flops() const { return 2.0 * static_cast<double>(rows() * in() * out()); }
};

/// A gated layer as one that is not, and the gate after it: for kernels that cannot do both at once.
void run_in_two(Context& ctx, const LinearDesc& gated);

/// (..., K) and a weight (N, K) -> (..., N), f32. `bias` (N) may be null. A weight that is known as a sum of low rank
/// acts term by term and is not made.
Tensor linear(const Tensor& src, const Weight& weight, const Weight* bias);
/// geglu(linear(src, weight, bias)), of which the inner result need not be written.
Tensor linear_geglu(const Tensor& src, const Weight& weight, const Weight* bias);

}  // namespace pxf
