// Rounding rows to bytes, and the tile of bytes for processors without a dot product: even and odd bytes are widened to
// 16 bits and multiplied in pairs, so that the sums are the same integers.
#include "backends/cpu/kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backends/cpu/int8_kernels.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <utility>

#include "backends/cpu/vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace pxf {
namespace HWY_NAMESPACE {
namespace {

// On x86 adjacent pairs of 16 bits are added up in one lane; elsewhere, and emulated, Highway promises less.
#if !HWY_ARCH_X86 || HWY_TARGET == HWY_SCALAR || HWY_TARGET == HWY_EMU128

template <int kTileRows>
void sum_products(const Int8TileArgs& t) {
  for (int i = 0; i < kTileRows; ++i) {
    for (std::int64_t j = 0; j < kColumns; ++j) {
      std::int32_t sum = 0;
      for (std::int64_t k = 0; k < t.depth; ++k) {
        sum += t.rows[i][t.begin + k] * t.b[(k / 4 * kColumns + j) * 4 + k % 4];
      }
      t.sums[i * kColumns + j] = sum;
    }
  }
}

#else

using DI = hn::RebindToSigned<D>;
using DH = hn::Repartition<std::int16_t, D>;
using VI = hn::Vec<DI>;

// Of two pairs of 16-bit integers: in each 32-bit lane the sum of both products.
HWY_INLINE VI add_pairs(hn::Vec<DH> a, hn::Vec<DH> b, VI sum) {
  VI unused = hn::Zero(DI());
  return hn::ReorderWidenMulAccumulate(DI(), a, b, sum, unused);
}

template <int kTileRows>
void sum_products(const Int8TileArgs& t) {
  const DI di;
  const DH dh;
  const hn::Repartition<std::int8_t, D> db;
  VI total[kTileRows][2];
  for (int i = 0; i < kTileRows; ++i) total[i][0] = total[i][1] = hn::Zero(di);
  for (std::int64_t k = 0; k < t.depth; k += 4) {
    for (int v = 0; v < 2; ++v) {
      const auto four = hn::BitCast(dh, hn::LoadU(db, t.b + k * kColumns + v * kLanes * 4));
      const auto even = hn::ShiftRight<8>(hn::ShiftLeft<8>(four)), odd = hn::ShiftRight<8>(four);
      for (int i = 0; i < kTileRows; ++i) {
        std::int32_t bytes;
        std::memcpy(&bytes, t.rows[i] + t.begin + k, sizeof bytes);
        const auto a_even = hn::BitCast(dh, hn::Set(di, bytes & 0x00ff00ff));
        const auto a_odd = hn::BitCast(dh, hn::Set(di, bytes >> 8 & 0x00ff00ff));
        total[i][v] = add_pairs(a_odd, odd, add_pairs(a_even, even, total[i][v]));
      }
    }
  }
  for (int i = 0; i < kTileRows; ++i) {
    for (int v = 0; v < 2; ++v) hn::StoreU(total[i][v], di, t.sums + i * kColumns + v * kLanes);
  }
}

#endif

template <int kTileRows>
void add_products(const Int8SumArgs& t) {
  const D d;
  const hn::RebindToSigned<D> di;
  HWY_ALIGN std::int32_t sums[kTileRows * kColumns];
  Int8TileArgs product = t.product;
  product.sums = sums;
  sum_products<kTileRows>(product);
  for (int i = 0; i < kTileRows; ++i) {
    const float* range = t.ranges[i] + 2 * t.part;
    const V scale = hn::Set(d, range[0]), low = hn::Set(d, range[1]);
#pragma GCC unroll 2
    for (std::int64_t j = 0; j < kColumns; j += kLanes) {
      float* c = t.c + i * kColumns + j;
      const V before = t.is_first ? hn::Zero(d) : hn::LoadU(d, c);
      const V sum = hn::ConvertTo(d, hn::Load(di, sums + i * kColumns + j));
      hn::StoreU(hn::MulAdd(scale, sum, hn::MulAdd(low, hn::LoadU(d, t.column_sums + j), before)), d, c);
    }
  }
}

void round_row(const float* x, std::int64_t count, std::uint8_t* to, float* range) {
  const D d;
  const std::int64_t whole = count / kLanes * kLanes;
  V least = hn::Set(d, x[0]), largest = least, not_finite = hn::Zero(d);
  for (std::int64_t i = 0; i < whole; i += kLanes) {
    const V v = hn::LoadU(d, x + i);
    least = hn::Min(least, v);
    largest = hn::Max(largest, v);
    not_finite = hn::MulAdd(v, hn::Zero(d), not_finite);
  }
  float low = hn::GetLane(hn::MinOfLanes(d, least)), high = hn::GetLane(hn::MaxOfLanes(d, largest));
  float poison = hn::GetLane(hn::SumOfLanes(d, not_finite));
  for (std::int64_t i = whole; i < count; ++i) {
    low = std::min(low, x[i]);
    high = std::max(high, x[i]);
    poison += x[i] * 0;
  }
  const float scale = (high - low) / 255;
  const float inverse = scale > 0 ? 1 / scale : 0;
  range[0] = scale + poison;
  range[1] = low + poison;
  if (!std::isfinite(range[0]) || !std::isfinite(inverse)) {
    range[0] = range[1] = std::numeric_limits<float>::quiet_NaN();
    std::fill_n(to, count, std::uint8_t{0});
    return;
  }
  std::int64_t i = 0;
#if HWY_TARGET != HWY_SCALAR
  const hn::Rebind<std::uint8_t, D> du;
  for (; i < whole; i += kLanes) {
    const V v = hn::Mul(hn::Sub(hn::LoadU(d, x + i), hn::Set(d, low)), hn::Set(d, inverse));
    hn::StoreU(hn::DemoteTo(du, hn::NearestInt(v)), du, to + i);
  }
#endif
  for (; i < count; ++i) {
    to[i] = static_cast<std::uint8_t>(std::clamp(std::nearbyint((x[i] - low) * inverse), 0.0f, 255.0f));
  }
}

void round_signed(const float* x, std::int64_t count, std::int8_t* to, float* scale, float* sum) {
  const D d;
  const hn::RebindToSigned<D> di;
  V largest = hn::Zero(d);
  for (std::int64_t i = 0; i < count; i += kLanes) largest = hn::Max(largest, hn::Abs(hn::LoadU(d, x + i)));
  const float most = hn::GetLane(hn::MaxOfLanes(d, largest));
  const float inverse = most > 0 ? 127 / most : 0;
  auto total = hn::Zero(di);
  HWY_ALIGN std::int32_t rounded[kLanes];
  for (std::int64_t i = 0; i < count; i += kLanes) {
    const auto v = hn::NearestInt(hn::Mul(hn::LoadU(d, x + i), hn::Set(d, inverse)));
    total = hn::Add(total, v);
    hn::Store(v, di, rounded);
    for (std::int64_t j = 0; j < kLanes; ++j) to[i + j] = static_cast<std::int8_t>(rounded[j]);
  }
  *scale = most / 127;
  *sum = static_cast<float>(hn::GetLane(hn::SumOfLanes(di, total)));
}

void finish(const float* c, std::int64_t rows, const float* scale, const float* bias, std::int64_t columns, float* dst,
            std::int64_t stride) {
  const D d;
  for (std::int64_t r = 0; r < rows; ++r, c += kColumns, dst += stride) {
    std::int64_t j = 0;
    for (; j + kLanes <= columns; j += kLanes) {
      hn::StoreU(hn::MulAdd(hn::LoadU(d, c + j), hn::LoadU(d, scale + j), hn::LoadU(d, bias + j)), d, dst + j);
    }
    for (; j < columns; ++j) {
      dst[j] = hn::GetLane(hn::MulAdd(hn::Set(d, c[j]), hn::Set(d, scale[j]), hn::Set(d, bias[j])));
    }
  }
}

template <int... kCounts>
constexpr Int8Kernels make_int8_kernels(std::integer_sequence<int, kCounts...>) {
  return {
      false,        kRows, {nullptr, sum_products<kCounts + 1>...}, {nullptr, add_products<kCounts + 1>...}, round_row,
      round_signed, finish};
}

}  // namespace

const Int8Kernels* int8_table() {
  static const Int8Kernels table = make_int8_kernels(std::make_integer_sequence<int, kRows>());
  return &table;
}

}  // namespace HWY_NAMESPACE
}  // namespace pxf
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace pxf {

HWY_EXPORT(int8_table);

const Int8Kernels& plain_int8_kernels() { return *HWY_DYNAMIC_DISPATCH(int8_table)(); }

const Int8Kernels& int8_kernels() {
  constexpr int kVnniColumns = 32;
  const Int8Kernels& plain = plain_int8_kernels();
  if (vnni_tiles() == nullptr || tile_kernels().columns != kVnniColumns) return plain;
  static const Int8Kernels with_dot_product = [&] {
    Int8Kernels kernels = plain;
    kernels.has_dot_product = true;
    kernels.run = *vnni_tiles();
    kernels.add = *vnni_sum_tiles();
    return kernels;
  }();
  return with_dot_product;
}

}  // namespace pxf
#endif
