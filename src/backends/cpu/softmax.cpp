// Streaming softmax for attention.
#include "backends/cpu/kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backends/cpu/softmax.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <algorithm>
#include <limits>

#include "backends/cpu/exp-inl.h"

HWY_BEFORE_NAMESPACE();
namespace pxf {
namespace HWY_NAMESPACE {
namespace {

void softmax_rows(float* s, std::int64_t rows, std::int64_t columns, std::int64_t stride, float* highest, float* total,
                  float* rescale) {
  const D d;
  for (std::int64_t i = 0; i < rows; ++i) {
    float* row = s + i * stride;
    V top = hn::Set(d, highest[i]);
    std::int64_t j = 0;
    for (; j + kLanes <= columns; j += kLanes) top = hn::Max(top, hn::LoadU(d, row + j));
    float m = hn::GetLane(hn::MaxOfLanes(d, top));
    for (; j < columns; ++j) m = std::max(m, row[j]);
    // A row that has seen only -infinity so far (masked) keeps a finite reference point.
    const float reference = m == -std::numeric_limits<float>::infinity() ? 0.0f : m;

    const V shift = hn::Set(d, reference);
    V sum = hn::Zero(d);
    for (j = 0; j + kLanes <= columns; j += kLanes) {
      const V e = exp_below_zero(hn::Sub(hn::LoadU(d, row + j), shift));
      hn::StoreU(e, d, row + j);
      sum = hn::Add(sum, e);
    }
    if (j < columns) {
      HWY_ALIGN float tail[kLanes];
      for (std::int64_t k = 0; k < kLanes; ++k) {
        tail[k] = j + k < columns ? row[j + k] : -std::numeric_limits<float>::infinity();
      }
      const V e = exp_below_zero(hn::Sub(hn::Load(d, tail), shift));
      hn::Store(e, d, tail);
      for (std::int64_t k = 0; j + k < columns; ++k) row[j + k] = tail[k];
      sum = hn::Add(sum, e);
    }
    rescale[i] = hn::GetLane(exp_below_zero(hn::Set(d, highest[i] - reference)));
    total[i] = total[i] * rescale[i] + hn::GetLane(hn::SumOfLanes(d, sum));
    highest[i] = m;
  }
}

void scale_rows(float* x, std::int64_t rows, std::int64_t columns, std::int64_t stride, const float* factor) {
  const D d;
  for (std::int64_t i = 0; i < rows; ++i) {
    const V f = hn::Set(d, factor[i]);
    float* row = x + i * stride;
    std::int64_t j = 0;
    for (; j + kLanes <= columns; j += kLanes) hn::StoreU(hn::Mul(hn::LoadU(d, row + j), f), d, row + j);
    for (; j < columns; ++j) row[j] *= factor[i];
  }
}

}  // namespace

const SoftmaxKernels* softmax_table() {
  static const SoftmaxKernels table{softmax_rows, scale_rows};
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
