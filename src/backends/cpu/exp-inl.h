// exp, sigmoid and erf over vectors, for the kernels that include this once for each instruction set.
#if defined(PXF_CPU_EXP_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef PXF_CPU_EXP_INL_H_
#undef PXF_CPU_EXP_INL_H_
#else
#define PXF_CPU_EXP_INL_H_
#endif

#include "backends/cpu/vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace pxf {
namespace HWY_NAMESPACE {

// e^x for x <= 0 (to 2 ulp; below -87.3 it is 0, NaN stays NaN). x = n ln 2 + r with |r| <= ln 2 / 2; ln 2 in two parts
// (Cody and Waite 1980); e^r by a minimax polynomial of degree 6; 2^n by writing the exponent.
HWY_INLINE V exp_below_zero(V x) {
  const D d;
  const hn::RebindToUnsigned<D> bits;
  // A number so large that the sum's last bits are n, with the exponent's bias: rounding, and making an integer, in
  // one.
  const V large = hn::Set(d, 12582912.0f + 127.0f);
  const V sum = hn::MulAdd(x, hn::Set(d, 1.44269504088896341f), large);
  const V n = hn::Sub(sum, large);
  V r = hn::NegMulAdd(n, hn::Set(d, 0.693145751953125f), x);
  r = hn::NegMulAdd(n, hn::Set(d, 1.42860682030941723e-6f), r);
  V p = hn::Set(d, 1.0f / 720);
  p = hn::MulAdd(p, r, hn::Set(d, 1.0f / 120));
  p = hn::MulAdd(p, r, hn::Set(d, 1.0f / 24));
  p = hn::MulAdd(p, r, hn::Set(d, 1.0f / 6));
  p = hn::MulAdd(p, r, hn::Set(d, 0.5f));
  p = hn::MulAdd(p, r, hn::Set(d, 1.0f));
  p = hn::MulAdd(p, r, hn::Set(d, 1.0f));
  const V e = hn::Mul(p, hn::BitCast(d, hn::ShiftLeft<23>(hn::BitCast(bits, sum))));
  return hn::IfThenZeroElse(hn::Lt(x, hn::Set(d, -87.3f)), e);  // there n has left the exponent's range
}

// factor e^x for x <= 0, to 1e-4 of it, or as good as 0: enough for weights that are rounded. 2^(n + f), |f| <= 1 / 2.
HWY_INLINE V rough_exp_below_zero(V x, float factor) {
  const D d;
  const hn::RebindToUnsigned<D> bits;
  const V large = hn::Set(d, 12582912.0f + 127.0f);
  const V y = hn::Mul(hn::Max(hn::Set(d, -20.0f), x), hn::Set(d, 1.44269504f));
  const V sum = hn::Add(y, large);
  const V f = hn::Sub(y, hn::Sub(sum, large));
  V p = hn::Set(d, factor * 0.055922036f);
  p = hn::MulAdd(p, f, hn::Set(d, factor * 0.24264008f));
  p = hn::MulAdd(p, f, hn::Set(d, factor * 0.69312103f));
  p = hn::MulAdd(p, f, hn::Set(d, factor * 0.99992448f));
  return hn::Mul(p, hn::BitCast(d, hn::ShiftLeft<23>(hn::BitCast(bits, sum))));
}

// 1 / (1 + e^-x), from e^-|x| so that nothing overflows.
HWY_INLINE V sigmoid(V x) {
  const D d;
  const V one = hn::Set(d, 1.0f);
  const V e = exp_below_zero(hn::Neg(hn::Abs(x)));
  const V numerator = hn::IfThenElse(hn::Lt(x, hn::Zero(d)), e, one);
  return hn::Div(numerator, hn::Add(one, e));
}

// Gauss's error function to 1.5e-7: Abramowitz and Stegun 7.1.26.
HWY_INLINE V erf(V x) {
  const D d;
  const V one = hn::Set(d, 1.0f);
  const V a = hn::Abs(x);
  const V t = hn::Div(one, hn::MulAdd(hn::Set(d, 0.3275911f), a, one));
  V p = hn::Set(d, 1.061405429f);
  p = hn::MulAdd(p, t, hn::Set(d, -1.453152027f));
  p = hn::MulAdd(p, t, hn::Set(d, 1.421413741f));
  p = hn::MulAdd(p, t, hn::Set(d, -0.284496736f));
  p = hn::MulAdd(p, t, hn::Set(d, 0.254829592f));
  const V e = exp_below_zero(hn::Neg(hn::Mul(a, a)));
  return hn::CopySign(hn::NegMulAdd(hn::Mul(p, t), e, one), x);
}

HWY_INLINE V silu(V x) { return hn::Mul(x, sigmoid(x)); }

HWY_INLINE V gelu(V x) {
  const D d;
  const V half = hn::Mul(x, hn::Set(d, 0.5f));
  return hn::MulAdd(half, erf(hn::Mul(x, hn::Set(d, 0.70710678118654752f))), half);
}

}  // namespace HWY_NAMESPACE
}  // namespace pxf
HWY_AFTER_NAMESPACE();
#endif
