#include "ops/linear.h"

#include <utility>

#include "ops/elementwise.h"

namespace pxf {
namespace {

Tensor by_terms(const Tensor& src, const LowRankSum& weight, const Weight* bias) {
  Tensor dst = linear(src, weight.base, bias);
  for (const LowRankSum::Term& term : weight.terms) {
    dst = std::move(dst) + linear(term.scale * linear(src, term.down, nullptr), term.up, nullptr);
  }
  return dst;
}

/// Throws Failure(invalid_argument). N.
std::int64_t check(const Tensor& src, const Weight& weight, const Weight* bias) {
  require(src.rank() >= 1, "[linear] src: got a scalar, need (..., K)");
  const std::int64_t out = weight.shape().dim(0);
  require(out > 0 && weight.shape().numel() == out * src.dim(-1), "[linear] src is {}, weight {}: inner extents differ",
          src.shape().text(), weight.shape().text());
  require(bias == nullptr || bias->shape().numel() == out, "[linear] bias: got {}, need ({})",
          bias == nullptr ? "" : bias->shape().text(), out);
  return out;
}

}  // namespace

void run_in_two(Context& ctx, const LinearDesc& gated) {
  Tensor whole = ctx.empty(gated.src.shape().with(-1, gated.out()));
  ctx.run(LinearDesc{gated.src, gated.weight, gated.bias, whole});
  ctx.run(GegluDesc{whole, gated.dst});
}

Tensor linear(const Tensor& src, const Weight& weight, const Weight* bias) {
  const std::int64_t out = check(src, weight, bias);
  if (const LowRankSum* sum = weight.low_rank()) return by_terms(src, *sum, bias);
  Tensor dst = src.context().empty(src.shape().with(-1, out));
  src.context().run(LinearDesc{src, weight, bias, dst});
  return dst;
}

Tensor linear_geglu(const Tensor& src, const Weight& weight, const Weight* bias) {
  const std::int64_t out = check(src, weight, bias);
  require(out % 2 == 0, "[linear] geglu: got {} channels, need an even number", out);
  if (weight.low_rank() != nullptr) return geglu(linear(src, weight, bias));
  Tensor dst = src.context().empty(src.shape().with(-1, out / 2));
  src.context().run(LinearDesc{src, weight, bias, dst, true});
  return dst;
}

}  // namespace pxf
