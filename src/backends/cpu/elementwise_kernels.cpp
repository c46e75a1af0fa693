// Arithmetic over arrays.
#include "backends/cpu/kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backends/cpu/elementwise_kernels.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "backends/cpu/exp-inl.h"

HWY_BEFORE_NAMESPACE();
namespace pxf {
namespace HWY_NAMESPACE {
namespace {

// y[i] = f(x[i], ...) in whole vectors; the tail goes through a padded copy, so that an element's value does not depend
// on where in the array it stands.
template <class F, class... Sources>
HWY_INLINE void map(std::int64_t count, float* y, F f, const Sources*... x) {
  const D d;
  std::int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) hn::StoreU(f(hn::LoadU(d, x + i)...), d, y + i);
  if (i == count) return;
  const auto load_tail = [&](const float* from) {
    HWY_ALIGN float padded[kLanes] = {};
    for (std::int64_t k = 0; i + k < count; ++k) padded[k] = from[i + k];
    return hn::Load(d, padded);
  };
  HWY_ALIGN float result[kLanes];
  hn::Store(f(load_tail(x)...), d, result);
  for (std::int64_t k = 0; i + k < count; ++k) y[i + k] = result[k];
}

void affine(const float* x, std::int64_t count, float a, float b, float* y) {
  const D d;
  const V scale = hn::Set(d, a), shift = hn::Set(d, b);
  map(
      count, y, [&](V v) { return hn::MulAdd(v, scale, shift); }, x);
}

void relu_of(const float* x, std::int64_t count, float* y) {
  const V zero = hn::Zero(D());  // not by Max, which makes a number of NaN
  map(
      count, y, [&](V v) { return hn::IfThenElse(hn::Lt(v, zero), zero, v); }, x);
}

void silu_of(const float* x, std::int64_t count, float* y) {
  map(
      count, y, [](V v) { return silu(v); }, x);
}

void quick_gelu_of(const float* x, std::int64_t count, float* y) {
  const V factor = hn::Set(D(), 1.702f);
  map(
      count, y, [&](V v) { return hn::Mul(v, sigmoid(hn::Mul(v, factor))); }, x);
}

void gelu_of(const float* x, std::int64_t count, float* y) {
  map(
      count, y, [](V v) { return gelu(v); }, x);
}

void weighted_sum(const float* x, const float* y, std::int64_t count, float a, float b, float* z) {
  const V factor_x = hn::Set(D(), a), factor_y = hn::Set(D(), b);
  map(
      count, z, [&](V u, V v) { return hn::MulAdd(u, factor_x, hn::Mul(v, factor_y)); }, x, y);
}

void product(const float* x, const float* y, std::int64_t count, float* z) {
  map(
      count, z, [](V u, V v) { return hn::Mul(u, v); }, x, y);
}

void gated_gelu(const float* value, const float* gate, std::int64_t stride, std::int64_t rows, std::int64_t width,
                float* y, std::int64_t y_stride) {
  for (std::int64_t r = 0; r < rows; ++r, value += stride, gate += stride, y += y_stride) {
    map(
        width, y, [](V v, V g) { return hn::Mul(v, gelu(g)); }, value, gate);
  }
}

}  // namespace

const ElementwiseKernels* elementwise_table() {
  static const ElementwiseKernels table{affine,  relu_of,      silu_of, quick_gelu_of,
                                        gelu_of, weighted_sum, product, gated_gelu};
  return &table;
}

}  // namespace HWY_NAMESPACE
}  // namespace pxf
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace pxf {
HWY_EXPORT(elementwise_table);
const ElementwiseKernels& elementwise_kernels() { return *HWY_DYNAMIC_DISPATCH(elementwise_table)(); }
}  // namespace pxf
#endif
