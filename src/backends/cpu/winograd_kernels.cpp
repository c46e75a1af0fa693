// The transforms of Winograd's F(4x4, 3x3) over vectors of channels. Lavin and Gray 2015, "Fast Algorithms for
// Convolutional Neural Networks"; interpolation points 0, 1, -1, 2, -2 and infinity.
#include "backends/cpu/kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backends/cpu/winograd_kernels.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "backends/cpu/panel-inl.h"

HWY_BEFORE_NAMESPACE();
namespace pxf {
namespace HWY_NAMESPACE {
namespace {

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

// out = G in: three values to six.
HWY_INLINE void transform_kernel(V a, V b, V c, V* out, int out_step) {
  const D d;
  const V sixth = hn::Set(d, 1.0f / 6), twelfth = hn::Set(d, 1.0f / 12), twenty_fourth = hn::Set(d, 1.0f / 24);
  const V ends = hn::Mul(sixth, hn::Add(a, c)), middle = hn::Mul(sixth, b);
  const V far = hn::MulAdd(twenty_fourth, a, hn::Mul(sixth, c)), half = hn::Mul(twelfth, b);
  out[0] = hn::Mul(hn::Set(d, 0.25f), a);
  out[out_step] = hn::Neg(hn::Add(ends, middle));
  out[2 * out_step] = hn::Sub(middle, ends);
  out[3 * out_step] = hn::Add(far, half);
  out[4 * out_step] = hn::Sub(far, half);
  out[5 * out_step] = c;
}

template <DType kType>
void transform_weights(const std::byte* from, std::int64_t tap_stride, std::int64_t count, float* to,
                       std::int64_t stride) {
  for (std::int64_t i = 0; i < count; i += kLanes) {
    V rows[18];
#pragma GCC unroll 3
    for (int column = 0; column < 3; ++column) {
      transform_kernel(load_panel<kType>(from, column * tap_stride + i),
                       load_panel<kType>(from, (3 + column) * tap_stride + i),
                       load_panel<kType>(from, (6 + column) * tap_stride + i), rows + column, 3);
    }
#pragma GCC unroll 6
    for (int row = 0; row < 6; ++row) {
      V across[6];
      transform_kernel(rows[row * 3], rows[row * 3 + 1], rows[row * 3 + 2], across, 1);
#pragma GCC unroll 6
      for (int column = 0; column < 6; ++column) {
        hn::StoreU(across[column], D(), to + (row * 6 + column) * stride + i);
      }
    }
  }
}

void winograd_weights(DType type, const std::byte* from, std::int64_t tap_stride, std::int64_t depth,
                      std::int64_t width, float* to, std::int64_t stride) {
  const auto run = type == DType::f16    ? transform_weights<DType::f16>
                   : type == DType::bf16 ? transform_weights<DType::bf16>
                                         : transform_weights<DType::f32>;
  run(from, tap_stride, depth * width, to, stride);
}

// Columns first, then rows; unrolled, so that what lies between stays in registers or in one known place.
void winograd_input(const float* const* pixels, std::int64_t channels, float* to, std::int64_t stride) {
  const D d;
  for (std::int64_t c = 0; c < channels; c += kLanes) {
    V rows[36];
#pragma GCC unroll 6
    for (int column = 0; column < 6; ++column) {
      V in[6], down[6];
#pragma GCC unroll 6
      for (int i = 0; i < 6; ++i) in[i] = hn::LoadU(d, pixels[i * 6 + column] + c);
      transform_input(in, 1, down);
#pragma GCC unroll 6
      for (int i = 0; i < 6; ++i) rows[i * 6 + column] = down[i];
    }
#pragma GCC unroll 6
    for (int row = 0; row < 6; ++row) {
      V across[6];
      transform_input(rows + row * 6, 1, across);
#pragma GCC unroll 6
      for (int j = 0; j < 6; ++j) hn::StoreU(across[j], d, to + (row * 6 + j) * stride + c);
    }
  }
}

void winograd_output(const float* from, std::int64_t stride, std::int64_t channels, const float* bias,
                     float* const* pixels) {
  const D d;
  for (std::int64_t c = 0; c < channels; c += kLanes) {
    V rows[24];
#pragma GCC unroll 6
    for (int column = 0; column < 6; ++column) {
      V in[6], down[4];
#pragma GCC unroll 6
      for (int i = 0; i < 6; ++i) in[i] = hn::LoadU(d, from + (i * 6 + column) * stride + c);
      transform_output(in, 1, down, 1);
#pragma GCC unroll 4
      for (int i = 0; i < 4; ++i) rows[i * 6 + column] = down[i];
    }
    const V shift = hn::LoadU(d, bias + c);
#pragma GCC unroll 4
    for (int row = 0; row < 4; ++row) {
      V out[4];
      transform_output(rows + row * 6, 1, out, 1);
#pragma GCC unroll 4
      for (int j = 0; j < 4; ++j) {
        if (float* pixel = pixels[row * 4 + j]) hn::StoreU(hn::Add(out[j], shift), d, pixel + c);
      }
    }
  }
}

}  // namespace

const WinogradKernels* winograd_table() {
  static const WinogradKernels table{kLanes, winograd_weights, winograd_input, winograd_output};
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
