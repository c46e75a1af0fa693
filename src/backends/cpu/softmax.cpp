// Streaming softmax for attention.
#include "backends/cpu/kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backends/cpu/softmax.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <algorithm>
#include <cstdint>
#include <limits>

#include "backends/cpu/exp-inl.h"

HWY_BEFORE_NAMESPACE();
namespace pxf {
namespace HWY_NAMESPACE {
namespace {

constexpr int kVectors = kColumns / kLanes;

// top = the largest of each column of s and of what it holds.
HWY_INLINE void find_highest(const float* s, std::int64_t rows, V* top) {
  for (std::int64_t i = 0; i < rows; ++i) {
#pragma GCC unroll 2
    for (int v = 0; v < kVectors; ++v) top[v] = hn::Max(top[v], hn::Load(D(), s + i * kColumns + v * kLanes));
  }
}

// A column that has seen only -infinity so far (masked) keeps a finite reference point.
HWY_INLINE V finite(V top) {
  return hn::IfThenZeroElse(hn::Eq(top, hn::Set(D(), -std::numeric_limits<float>::infinity())), top);
}

void softmax_columns(float* s, std::int64_t rows, float* highest, float* total, float* rescale) {
  const D d;
  V top[kVectors], shift[kVectors], sum[kVectors];
#pragma GCC unroll 2
  for (int v = 0; v < kVectors; ++v) top[v] = hn::LoadU(d, highest + v * kLanes);
  find_highest(s, rows, top);
#pragma GCC unroll 2
  for (int v = 0; v < kVectors; ++v) {
    shift[v] = finite(top[v]);
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

void softmax_columns_as_bytes(const float* s, std::int64_t rows, float* highest, float* total, float* rescale,
                              float* byte, std::uint8_t* to) {
  const D d;
  const hn::RebindToUnsigned<D> bits;
  const V large = hn::Set(d, 12582912.0f);  // the last bits of a sum with it are the other, rounded
  V top[kVectors], shift[kVectors], sum[kVectors];
#pragma GCC unroll 2
  for (int v = 0; v < kVectors; ++v) top[v] = hn::Set(d, -std::numeric_limits<float>::infinity());
  find_highest(s, rows, top);
#pragma GCC unroll 2
  for (int v = 0; v < kVectors; ++v) {
    shift[v] = finite(top[v]);
    sum[v] = hn::Zero(d);
  }
  for (std::int64_t i = 0; i < rows; i += 4) {
#pragma GCC unroll 2
    for (int v = 0; v < kVectors; ++v) {
      auto four = hn::Zero(bits);
#pragma GCC unroll 4
      for (int row = 3; row >= 0; --row) {
        const V x = hn::Sub(hn::Load(d, s + (i + row) * kColumns + v * kLanes), shift[v]);
        const V rounded = hn::Add(rough_exp_below_zero(x, 255), large);
        sum[v] = hn::Add(sum[v], hn::Sub(rounded, large));
        four = hn::Or(hn::ShiftLeft<8>(four), hn::And(hn::BitCast(bits, rounded), hn::Set(bits, 255)));
      }
      hn::StoreU(four, bits, reinterpret_cast<std::uint32_t*>(to) + i / 4 * kColumns + v * kLanes);
    }
  }
#pragma GCC unroll 2
  for (int v = 0; v < kVectors; ++v) {
    const std::int64_t at = v * kLanes;
    const V before = hn::LoadU(d, highest + at), now = hn::Max(before, top[v]), reference = finite(now);
    const V factor = exp_below_zero(hn::Sub(before, reference)), unit = exp_below_zero(hn::Sub(top[v], reference));
    hn::StoreU(factor, d, rescale + at);
    hn::StoreU(unit, d, byte + at);
    hn::StoreU(hn::MulAdd(hn::LoadU(d, total + at), factor, hn::Mul(sum[v], unit)), d, total + at);
    hn::StoreU(now, d, highest + at);
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

// Four numbers of each of kLanes rows are turned at once; a row's four are one load or store. Many are brought together
// before the first is read again, which would otherwise wait for its stores.
constexpr std::int64_t kTurned = 4, kTogether = 4;

void to_columns(const float* from, std::int64_t stride, std::int64_t count, std::int64_t width, float factor,
                float* to) {
  const D d;
  const V scale = hn::Set(d, factor);
  HWY_ALIGN float rows[kTogether][kTurned * kColumns] = {};
  const std::int64_t fours = width / kTurned;
  for (std::int64_t begin = 0; begin < fours; begin += kTogether) {
    const std::int64_t used = std::min(kTogether, fours - begin);
    for (std::int64_t j = 0; j < count; ++j) {
      const float* row = from + j * stride + begin * kTurned;
      for (std::int64_t k = 0; k < used; ++k) std::copy_n(row + k * kTurned, kTurned, rows[k] + j * kTurned);
    }
    for (std::int64_t k = 0; k < used; ++k) {
      for (std::int64_t j = 0; j < kColumns; j += kLanes) {
        V v[kTurned];
        hn::LoadInterleaved4(d, rows[k] + j * kTurned, v[0], v[1], v[2], v[3]);
#pragma GCC unroll 4
        for (int i = 0; i < kTurned; ++i)
          hn::Store(hn::Mul(v[i], scale), d, to + ((begin + k) * kTurned + i) * kColumns + j);
      }
    }
  }
  for (std::int64_t c = fours * kTurned; c < width; ++c) {
    for (std::int64_t j = 0; j < count; ++j) to[c * kColumns + j] = from[j * stride + c] * factor;
    std::fill(to + c * kColumns + count, to + (c + 1) * kColumns, 0.0f);
  }
}

void to_rows(const float* from, std::int64_t count, std::int64_t width, const float* scale, const float* shift,
             float* to, std::int64_t stride) {
  const D d;
  HWY_ALIGN float rows[kTurned * kLanes];
  std::int64_t c = 0;
  for (; c + kTurned <= width; c += kTurned) {
    for (std::int64_t first = 0; first < count; first += kLanes) {
      V v[kTurned];
#pragma GCC unroll 4
      for (int i = 0; i < kTurned; ++i) {
        const V x = hn::Load(d, from + (c + i) * kColumns + first);
        v[i] = hn::MulAdd(x, hn::Set(d, scale[c + i]), hn::Set(d, shift[c + i]));
      }
      hn::StoreInterleaved4(v[0], v[1], v[2], v[3], d, rows);
      for (std::int64_t j = 0; j < std::min(kLanes, count - first); ++j)
        std::copy_n(rows + j * kTurned, kTurned, to + (first + j) * stride + c);
    }
  }
  for (; c < width; ++c) {
    for (std::int64_t j = 0; j < count; ++j) to[j * stride + c] = from[c * kColumns + j] * scale[c] + shift[c];
  }
}

}  // namespace

const SoftmaxKernels* softmax_table() {
  static const SoftmaxKernels table{softmax_columns, softmax_columns_as_bytes, scale_columns, to_columns, to_rows};
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
