#include "ops/attention.h"

#include <cmath>

namespace pxf {

Tensor attention(const Tensor& q, const Tensor& k, const Tensor& v, std::int64_t heads, bool causal) {
  require(q.rank() == 3 && k.rank() == 3 && k.shape() == v.shape(), "[attention] q {}, k {}, v {}: need (B, N, C)",
          q.shape().text(), k.shape().text(), v.shape().text());
  require(q.dim(0) == k.dim(0) && q.dim(2) == k.dim(2), "[attention] q is {}, k is {}", q.shape().text(),
          k.shape().text());
  require(k.dim(1) > 0, "[attention] no keys");
  require(heads > 0 && q.dim(2) % heads == 0, "[attention] width {} does not divide into {} heads", q.dim(2), heads);
  require(!causal || q.dim(1) == k.dim(1), "[attention] causal needs as many queries ({}) as keys ({})", q.dim(1),
          k.dim(1));
  Tensor dst = q.context().empty(q.shape());
  const float scale = 1.0f / std::sqrt(static_cast<float>(q.dim(2) / heads));
  q.context().run(AttentionDesc{q, k, v, heads, causal, scale, dst});
  return dst;
}

}  // namespace pxf
