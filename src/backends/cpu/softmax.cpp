// Streaming softmax for attention.
#include "backends/cpu/kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backends/cpu/softmax.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <limits>

#include "backends/cpu/exp-inl.h"

HWY_BEFORE_NAMESPACE();
namespace pxf {
namespace HWY_NAMESPACE {
namespace {

constexpr int kVectors = kColumns / kLanes;

void softmax_columns(float* s, std::int64_t rows, float* highest, float* total, float* rescale) {
  const D d;
  const V lowest = hn::Set(d, -std::numeric_limits<float>::infinity());
  V top[kVectors], shift[kVectors], sum[kVectors];
#pragma GCC unroll 2
  for (int v = 0; v < kVectors; ++v) top[v] = hn::LoadU(d, highest + v * kLanes);
  for (std::int64_t i = 0; i < rows; ++i) {
#pragma GCC unroll 2
    for (int v = 0; v < kVectors; ++v) top[v] = hn::Max(top[v], hn::Load(d, s + i * kColumns + v * kLanes));
  }
#pragma GCC unroll 2
  for (int v = 0; v < kVectors; ++v) {
    // A column that has seen only -infinity so far (masked) keeps a finite reference point.
    shift[v] = hn::IfThenZeroElse(hn::Eq(top[v], lowest), top[v]);
    sum[v] = hn::Zero(d);
  }
  for (std::int64_t i = 0; i < rows; ++i) {
#pragma GCC unroll 2
    for (int v = 0; v < kVectors; ++v) {
      float* at = s + i * kColumns + v * kLanes;
      const V e = exp_below_zero(hn::Sub(hn::Load(d, at), shift[v]));
      hn::Store(e, d, at);
      sum[v] = hn::Add(sum[v], e);
    }
  }
#pragma GCC unroll 2
  for (int v = 0; v < kVectors; ++v) {
    const std::int64_t at = v * kLanes;
    const V factor = exp_below_zero(hn::Sub(hn::LoadU(d, highest + at), shift[v]));
    hn::StoreU(factor, d, rescale + at);
    hn::StoreU(hn::MulAdd(hn::LoadU(d, total + at), factor, sum[v]), d, total + at);
    hn::StoreU(top[v], d, highest + at);
  }
}

void scale_columns(float* x, std::int64_t rows, const float* factor) {
  const D d;
  V f[kVectors];
#pragma GCC unroll 2
  for (int v = 0; v < kVectors; ++v) f[v] = hn::LoadU(d, factor + v * kLanes);
  for (std::int64_t i = 0; i < rows; ++i) {
#pragma GCC unroll 2
    for (int v = 0; v < kVectors; ++v) {
      float* at = x + i * kColumns + v * kLanes;
      hn::Store(hn::Mul(hn::Load(d, at), f[v]), d, at);
    }
  }
}

}  // namespace

const SoftmaxKernels* softmax_table() {
  static const SoftmaxKernels table{softmax_columns, scale_columns};
  return &table;
}

}  // namespace HWY_NAMESPACE
}  // namespace pxf
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace pxf {
HWY_EXPORT(softmax_table);
const SoftmaxKernels& softmax_kernels() { return *HWY_DYNAMIC_DISPATCH(softmax_table)(); }
}  // namespace pxf
#endif
