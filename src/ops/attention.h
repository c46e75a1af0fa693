// Multi-head attention without its projections: softmax(scale q k^T) v, head by head. Vaswani et al. 2017.
#pragma once

#include "ops/context.h"

namespace pxf {

struct AttentionDesc {
  static constexpr const char* kOp = "attention";
  const Tensor& q;  // (B, Nq, heads * d)
  const Tensor& k;  // (B, Nk, heads * d)
  const Tensor& v;  // (B, Nk, heads * d)
  std::int64_t heads;
  bool causal;  // row i sees columns 0 ... i only
  float scale;
  Tensor& dst;  // (B, Nq, heads * d)

  std::int64_t head_dim() const { return q.dim(2) / heads; }
  double flops() const { return 4.0 * static_cast<double>(q.numel() * k.dim(1)); }
};

/// q (B, Nq, heads * d), k and v (B, Nk, heads * d), f32 -> (B, Nq, heads * d); scale 1 / sqrt(d).
Tensor attention(const Tensor& q, const Tensor& k, const Tensor& v, std::int64_t heads, bool causal = false);

}  // namespace pxf
