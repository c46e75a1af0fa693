// The layers that models are made of. Each declares its parameters under the checkpoint's own names and applies an op.
// Modules are plain structs: declare once, bind, then call from one thread at a time or many; calling changes nothing.
#pragma once

#include <cstdint>

#include "nn/scope.h"
#include "ops/arrange.h"
#include "ops/attention.h"
#include "ops/conv2d.h"
#include "ops/elementwise.h"
#include "ops/linear.h"
#include "ops/norm.h"

namespace pxf {

struct Linear {  // (..., in) -> (..., out)
  Weight weight, bias;

  void declare(Scope s, std::int64_t in, std::int64_t out, bool with_bias = true) {
    s.weight("weight", {out, in}, weight);
    if (with_bias) s.weight("bias", {out}, bias);
  }
  Tensor operator()(const Tensor& x) const { return linear(x, weight, bias.defined() ? &bias : nullptr); }
  /// geglu of the result
  Tensor gated(const Tensor& x) const { return linear_geglu(x, weight, bias.defined() ? &bias : nullptr); }
};

struct Conv2d {  // (B, H, W, in) -> (B, H', W', out)
  Weight weight, bias;
  Conv2dParams params;

  /// Padding keeps the size at stride 1.
  void declare(Scope s, std::int64_t in, std::int64_t out, int kernel, int stride = 1) {
    declare(s, in, out, kernel, Conv2dParams{stride, kernel / 2, kernel / 2});
  }
  void declare(Scope s, std::int64_t in, std::int64_t out, int kernel, Conv2dParams with, bool with_bias = true) {
    params = with;
    s.weight("weight", {out, in, kernel, kernel}, weight);
    if (with_bias) s.weight("bias", {out}, bias);
  }
  Tensor operator()(const Tensor& x) const { return conv2d(x, weight, bias.defined() ? &bias : nullptr, params); }
};

struct GroupNorm {  // (B, ..., channels), normalised in `groups`
  Weight weight, bias;
  std::int64_t groups = 32;
  double eps = 1e-5;

  void declare(Scope s, std::int64_t channels, std::int64_t in_groups, double with_eps) {
    groups = in_groups;
    eps = with_eps;
    s.weight("weight", {channels}, weight);
    s.weight("bias", {channels}, bias);
  }
  Tensor operator()(const Tensor& x) const { return group_norm(x, weight, bias, groups, eps); }
  /// silu(norm(x))
  Tensor silu(const Tensor& x) const { return group_norm_silu(x, weight, bias, groups, eps); }
  /// The same of a part of a picture that has these moments.
  Tensor silu(const Tensor& part, const GroupMoments& of_whole) const {
    return group_norm_silu(part, weight, bias, of_whole, eps);
  }
  GroupMoments moments(const Tensor& x) const { return group_moments(x, groups); }
};

struct LayerNorm {  // (..., channels)
  Weight weight, bias;

  void declare(Scope s, std::int64_t channels) {
    s.weight("weight", {channels}, weight);
    s.weight("bias", {channels}, bias);
  }
  Tensor operator()(const Tensor& x) const { return layer_norm(x, weight, bias, 1e-5); }
};

struct Embedding {  // ids (B, N) -> (B, N, width)
  Weight weight;

  void declare(Scope s, std::int64_t rows, std::int64_t width) { s.weight("weight", {rows, width}, weight); }
  Tensor operator()(const Tensor& ids) const { return embedding(ids, weight); }
};

/// The sinusoidal embedding of (fractional) timesteps, cosines first: (B) values -> (B, width). Ho et al. 2020;
/// frequencies exp(-ln(10000) i / (width / 2)).
Tensor timestep_embedding(Context& ctx, std::span<const double> timesteps, std::int64_t width);

}  // namespace pxf
