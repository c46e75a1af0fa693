// The transforms of Winograd's F(4x4, 3x3) over vectors of channels. Lavin and Gray 2015, "Fast Algorithms for
// Convolutional Neural Networks"; interpolation points 0, 1, -1, 2, -2 and infinity.
#include "backends/cpu/kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backends/cpu/winograd_kernels.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace pxf {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;
using D = hn::ScalableTag<float>;
using V = hn::Vec<D>;
constexpr std::int64_t kLanes = static_cast<std::int64_t>(hn::MaxLanes(D()));

// out = B^T in, for six values `step` apart.
HWY_INLINE void transform_input(const V* in, int step, V* out) {
  const D d;
  const V two = hn::Set(d, 2.0f), four = hn::Set(d, 4.0f), five = hn::Set(d, 5.0f);
  const V x0 = in[0], x1 = in[step], x2 = in[2 * step], x3 = in[3 * step], x4 = in[4 * step], x5 = in[5 * step];
  const V even = hn::NegMulAdd(four, x2, x4), odd = hn::NegMulAdd(four, x1, x3);  // x4 - 4 x2, x3 - 4 x1
  const V near = hn::Sub(x4, x2), far = hn::Mul(two, hn::Sub(x3, x1));
  out[0] = hn::MulAdd(four, x0, hn::NegMulAdd(five, x2, x4));
  out[1] = hn::Add(even, odd);
  out[2] = hn::Sub(even, odd);
  out[3] = hn::Add(near, far);
  out[4] = hn::Sub(near, far);
  out[5] = hn::MulAdd(four, x1, hn::NegMulAdd(five, x3, x5));
}

// out = A^T in: six values to four.
HWY_INLINE void transform_output(const V* in, int step, V* out, int out_step) {
  const D d;
  const V two = hn::Set(d, 2.0f), four = hn::Set(d, 4.0f), eight = hn::Set(d, 8.0f);
  const V near_sum = hn::Add(in[step], in[2 * step]), near_difference = hn::Sub(in[step], in[2 * step]);
  const V far_sum = hn::Add(in[3 * step], in[4 * step]), far_difference = hn::Sub(in[3 * step], in[4 * step]);
  out[0] = hn::Add(in[0], hn::Add(near_sum, far_sum));
  out[out_step] = hn::MulAdd(two, far_difference, near_difference);
  out[2 * out_step] = hn::MulAdd(four, far_sum, near_sum);
  out[3 * out_step] = hn::Add(in[5 * step], hn::MulAdd(eight, far_difference, near_difference));
}

void winograd_input(const float* const* pixels, std::int64_t channels, float* to, std::int64_t stride) {
  const D d;
  for (std::int64_t c = 0; c < channels; c += kLanes) {
    V in[36], rows[36];
    for (int i = 0; i < 36; ++i) in[i] = hn::LoadU(d, pixels[i] + c);
    for (int column = 0; column < 6; ++column) {
      V down[6];
      transform_input(in + column, 6, down);
      for (int i = 0; i < 6; ++i) rows[i * 6 + column] = down[i];
    }
    for (int row = 0; row < 6; ++row) {
      V across[6];
      transform_input(rows + row * 6, 1, across);
      for (int j = 0; j < 6; ++j) hn::StoreU(across[j], d, to + (row * 6 + j) * stride + c);
    }
  }
}

void winograd_output(const float* from, std::int64_t stride, std::int64_t channels, const float* bias,
                     float* const* pixels) {
  const D d;
  for (std::int64_t c = 0; c < channels; c += kLanes) {
    V in[36], rows[24], out[16];
    for (int i = 0; i < 36; ++i) in[i] = hn::LoadU(d, from + i * stride + c);
    for (int column = 0; column < 6; ++column) transform_output(in + column, 6, rows + column, 6);
    for (int row = 0; row < 4; ++row) transform_output(rows + row * 6, 1, out + row * 4, 1);
    const V shift = hn::LoadU(d, bias + c);
    for (int i = 0; i < 16; ++i) {
      if (pixels[i] != nullptr) hn::StoreU(hn::Add(out[i], shift), d, pixels[i] + c);
    }
  }
}

}  // namespace

const WinogradKernels* winograd_table() {
  static const WinogradKernels table{kLanes, winograd_input, winograd_output};
  return &table;
}

}  // namespace HWY_NAMESPACE
}  // namespace pxf
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace pxf {
HWY_EXPORT(winograd_table);
const WinogradKernels& winograd_kernels() { return *HWY_DYNAMIC_DISPATCH(winograd_table)(); }
}  // namespace pxf
#endif
