// Arithmetic element by element, f32 and f64. Operators take their left side by value: a temporary gives its memory to
// the result.
#pragma once

#include "ops/context.h"

namespace pxf {

enum class Unary : std::uint8_t {
  affine,      // a x + b
  relu,        // max(x, 0); NaN stays NaN
  silu,        // x sigmoid(x)
  gelu,        // x Phi(x), by the error function
  quick_gelu,  // x sigmoid(1.702 x)
};

struct UnaryDesc {
  static constexpr const char* kOp = "unary";
  Unary op;
  const Tensor& src;
  double a, b;  // of affine
  Tensor& dst;  // may share src's elements

  double flops() const { return 2.0 * static_cast<double>(src.numel()); }
};

struct BinaryDesc {
  static constexpr const char* kOp = "binary";
  const Tensor& x;
  const Tensor& y;  // as x, or (B, C) to be added at every place of x (B, ..., C)
  double a, b;      // a x + b y
  bool product;     // x y instead
  Tensor& dst;      // as x; may share its elements

  bool broadcast() const { return !(x.shape() == y.shape()); }
  double flops() const { return 2.0 * static_cast<double>(x.numel()); }
};

struct GegluDesc {
  static constexpr const char* kOp = "geglu";
  const Tensor& src;  // (..., 2 C)
  Tensor& dst;        // (..., C)

  double flops() const { return 10.0 * static_cast<double>(dst.numel()); }
};

Tensor operator+(Tensor x, const Tensor& y);
Tensor operator-(Tensor x, const Tensor& y);
/// Element by element.
Tensor operator*(Tensor x, const Tensor& y);
Tensor operator*(Tensor x, double factor);
Tensor operator*(double factor, Tensor x);
Tensor operator/(Tensor x, double divisor);
Tensor operator+(Tensor x, double term);
/// a x + b y in one pass.
Tensor weighted_sum(double a, Tensor x, double b, const Tensor& y);
/// x (B, ..., C) with the row of `y` (B, C) added at every place.
Tensor add_everywhere(Tensor x, const Tensor& y);

Tensor relu(Tensor x);
Tensor silu(Tensor x);
Tensor gelu(Tensor x);
Tensor quick_gelu(Tensor x);
/// first half * gelu(second half) of the last extent: (..., 2 C) -> (..., C). Shazeer 2020.
Tensor geglu(const Tensor& x);

}  // namespace pxf
