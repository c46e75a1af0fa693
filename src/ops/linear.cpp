#include "ops/linear.h"

namespace pxf {

Tensor linear(const Tensor& src, const Weight& weight, const Weight* bias) {
  require(src.rank() >= 1, "[linear] src: got a scalar, need (..., K)");
  const std::int64_t out = weight.shape().dim(0);
  require(out > 0 && weight.shape().numel() == out * src.dim(-1), "[linear] src is {}, weight {}: inner extents differ",
          src.shape().text(), weight.shape().text());
  require(bias == nullptr || bias->shape().numel() == out, "[linear] bias: got {}, need ({})",
          bias == nullptr ? "" : bias->shape().text(), out);
  Tensor dst = src.context().empty(src.shape().with(-1, out));
  src.context().run(LinearDesc{src, weight, bias, dst});
  return dst;
}

}  // namespace pxf
