// Group and layer normalisation with learnt scale and shift.
#pragma once

#include <vector>

#include "ops/context.h"
#include "ops/weight.h"

namespace pxf {

/// Of the numbers of each group of each picture: (B * groups).
struct GroupMoments {
  std::vector<double> mean, variance;
};

struct GroupMomentsDesc {
  static constexpr const char* kOp = "group_moments";
  const Tensor& src;  // (B, ..., C)
  std::int64_t groups;
  GroupMoments& dst;

  double flops() const { return 4.0 * static_cast<double>(src.numel()); }
};

struct GroupNormDesc {
  static constexpr const char* kOp = "group_norm";
  const Tensor& src;    // (B, ..., C)
  const Weight& gamma;  // (C)
  const Weight& beta;   // (C)
  std::int64_t groups;
  double eps;
  bool silu;                    // apply x * sigmoid(x) to the result
  const GroupMoments* moments;  // to normalise by; null: src's own
  Tensor& dst;                  // as src

  double flops() const { return 8.0 * static_cast<double>(src.numel()); }
};

struct LayerNormDesc {
  static constexpr const char* kOp = "layer_norm";
  const Tensor& src;  // (..., C)
  const Weight& gamma;
  const Weight& beta;
  double eps;
  Tensor& dst;

  double flops() const { return 7.0 * static_cast<double>(src.numel()); }
};

/// Normalises each picture's channel group over space: (B, ..., C), f32 -> the same. Wu and He 2018.
Tensor group_norm(const Tensor& src, const Weight& gamma, const Weight& beta, std::int64_t groups, double eps);
/// silu(group_norm(...)) in one pass.
Tensor group_norm_silu(const Tensor& src, const Weight& gamma, const Weight& beta, std::int64_t groups, double eps);
/// What group_norm normalises by: of a whole picture, so that parts of it can be normalised one by one.
GroupMoments group_moments(const Tensor& src, std::int64_t groups);
/// The same of a part of pictures with these moments; the bytes are those of the whole.
Tensor group_norm_silu(const Tensor& src, const Weight& gamma, const Weight& beta, const GroupMoments& moments,
                       double eps);
/// Normalises each row: (..., C), f32 -> the same. Ba et al. 2016.
Tensor layer_norm(const Tensor& src, const Weight& gamma, const Weight& beta, double eps);

}  // namespace pxf
