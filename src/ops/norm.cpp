#include "ops/norm.h"

namespace pxf {
namespace {

void check_affine(const char* op, const Tensor& src, const Weight& gamma, const Weight& beta) {
  require(src.rank() >= 2, "[{}] src: got {}, need (B, ..., C)", op, src.shape().text());
  require(gamma.shape().numel() == src.dim(-1) && beta.shape().numel() == src.dim(-1),
          "[{}] src is {}, gamma {}, beta {}: channels differ", op, src.shape().text(), gamma.shape().text(),
          beta.shape().text());
}

void check_groups(const Tensor& src, std::int64_t groups) {
  require(groups > 0 && src.dim(-1) % groups == 0, "[group_norm] {} channels do not divide into {} groups", src.dim(-1),
          groups);
}

Tensor run_group_norm(const Tensor& src, const Weight& gamma, const Weight& beta, std::int64_t groups, double eps,
                      bool silu, const GroupMoments* moments = nullptr) {
  check_affine("group_norm", src, gamma, beta);
  check_groups(src, groups);
  Tensor dst = src.context().empty(src.shape());
  src.context().run(GroupNormDesc{src, gamma, beta, groups, eps, silu, moments, dst});
  return dst;
}

}  // namespace

Tensor group_norm(const Tensor& src, const Weight& gamma, const Weight& beta, std::int64_t groups, double eps) {
  return run_group_norm(src, gamma, beta, groups, eps, false);
}

Tensor group_norm_silu(const Tensor& src, const Weight& gamma, const Weight& beta, std::int64_t groups, double eps) {
  return run_group_norm(src, gamma, beta, groups, eps, true);
}

GroupMoments group_moments(const Tensor& src, std::int64_t groups) {
  require(src.rank() >= 2 && src.numel() > 0, "[group_moments] src: got {}, need (B, ..., C)", src.shape().text());
  check_groups(src, groups);
  GroupMoments dst;
  dst.mean.resize(static_cast<std::size_t>(src.dim(0) * groups));
  dst.variance.resize(dst.mean.size());
  src.context().run(GroupMomentsDesc{src, groups, dst});
  return dst;
}

Tensor group_norm_silu(const Tensor& src, const Weight& gamma, const Weight& beta, const GroupMoments& moments,
                       double eps) {
  const std::int64_t batch = src.rank() > 0 ? src.dim(0) : 0, count = static_cast<std::int64_t>(moments.mean.size());
  require(batch > 0 && count % batch == 0, "[group_norm] got moments of {} groups for {} pictures", count, batch);
  return run_group_norm(src, gamma, beta, count / batch, eps, true, &moments);
}

Tensor layer_norm(const Tensor& src, const Weight& gamma, const Weight& beta, double eps) {
  check_affine("layer_norm", src, gamma, beta);
  Tensor dst = src.context().empty(src.shape());
  src.context().run(LayerNormDesc{src, gamma, beta, eps, dst});
  return dst;
}

}  // namespace pxf
