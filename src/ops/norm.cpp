#include "ops/norm.h"

namespace pxf {
namespace {

void check_affine(const char* op, const Tensor& src, const Weight& gamma, const Weight& beta) {
  require(src.rank() >= 2, "[{}] src: got {}, need (B, ..., C)", op, src.shape().text());
  require(gamma.shape().numel() == src.dim(-1) && beta.shape().numel() == src.dim(-1),
          "[{}] src is {}, gamma {}, beta {}: channels differ", op, src.shape().text(), gamma.shape().text(),
          beta.shape().text());
}

Tensor run_group_norm(const Tensor& src, const Weight& gamma, const Weight& beta, std::int64_t groups, double eps,
                      bool silu) {
  check_affine("group_norm", src, gamma, beta);
  require(groups > 0 && src.dim(-1) % groups == 0, "[group_norm] {} channels do not divide into {} groups", src.dim(-1),
          groups);
  Tensor dst = src.context().empty(src.shape());
  src.context().run(GroupNormDesc{src, gamma, beta, groups, eps, silu, dst});
  return dst;
}

}  // namespace

Tensor group_norm(const Tensor& src, const Weight& gamma, const Weight& beta, std::int64_t groups, double eps) {
  return run_group_norm(src, gamma, beta, groups, eps, false);
}

Tensor group_norm_silu(const Tensor& src, const Weight& gamma, const Weight& beta, std::int64_t groups, double eps) {
  return run_group_norm(src, gamma, beta, groups, eps, true);
}

Tensor layer_norm(const Tensor& src, const Weight& gamma, const Weight& beta, double eps) {
  check_affine("layer_norm", src, gamma, beta);
  Tensor dst = src.context().empty(src.shape());
  src.context().run(LayerNormDesc{src, gamma, beta, eps, dst});
  return dst;
}

}  // namespace pxf
