// The tiles of bytes by the dot product instruction of AVX512-VNNI: four products and their sum in each of 16 lanes.
// Highway's targets have no such set of their own, so these kernels are written in intrinsics.
#include "backends/cpu/kernels.h"

#if defined(__x86_64__)
#include <immintrin.h>

#include <cstring>
#include <utility>

#define PXF_VNNI __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vnni")))
#define PXF_VNNI_INLINE PXF_VNNI __attribute__((always_inline)) inline

namespace pxf {
namespace {

constexpr int kRows = 12;
constexpr std::int64_t kColumns = 32;

template <int kTileRows, bool kSignedRows>
PXF_VNNI_INLINE void multiply(const Int8TileArgs& t, __m512i* sums_left, __m512i* sums_right) {
  const std::uint8_t* a[kTileRows];
#pragma GCC unroll 16
  for (int i = 0; i < kTileRows; ++i) {
    sums_left[i] = sums_right[i] = _mm512_setzero_si512();
    a[i] = t.rows[i] + t.begin;
  }
  const std::int8_t* b = t.b;
  for (std::int64_t k = 0; k < t.depth; k += 4, b += 4 * kColumns) {
    const __m512i left = _mm512_loadu_si512(b), right = _mm512_loadu_si512(b + 64);
#pragma GCC unroll 16
    for (int i = 0; i < kTileRows; ++i) {
      std::int32_t four;
      std::memcpy(&four, a[i] + k, sizeof four);
      const __m512i x = _mm512_set1_epi32(four);
      sums_left[i] =
          kSignedRows ? _mm512_dpbusd_epi32(sums_left[i], left, x) : _mm512_dpbusd_epi32(sums_left[i], x, left);
      sums_right[i] =
          kSignedRows ? _mm512_dpbusd_epi32(sums_right[i], right, x) : _mm512_dpbusd_epi32(sums_right[i], x, right);
    }
  }
  // Else GCC keeps a copy of each sum in memory for what follows, and stores it in every round of the loop.
#pragma GCC unroll 16
  for (int i = 0; i < kTileRows; ++i) asm("" : "+v"(sums_left[i]), "+v"(sums_right[i]));
}

template <int kTileRows>
PXF_VNNI void run_vnni(const Int8TileArgs& t) {
  __m512i sums_left[kTileRows], sums_right[kTileRows];
  multiply<kTileRows, false>(t, sums_left, sums_right);
#pragma GCC unroll 16
  for (int i = 0; i < kTileRows; ++i) {
    _mm512_storeu_si512(t.sums + i * kColumns, sums_left[i]);
    _mm512_storeu_si512(t.sums + i * kColumns + 16, sums_right[i]);
  }
}

template <int kTileRows>
PXF_VNNI void add_products(const Int8SumArgs& t) {
  __m512i sums_left[kTileRows], sums_right[kTileRows];
  multiply<kTileRows, false>(t.product, sums_left, sums_right);
  const __m512 of_left = _mm512_loadu_ps(t.column_sums), of_right = _mm512_loadu_ps(t.column_sums + 16);
#pragma GCC unroll 16
  for (int i = 0; i < kTileRows; ++i) {
    float* c = t.c + i * kColumns;
    const __m512 scale = _mm512_set1_ps(t.ranges[i][2 * t.part]), low = _mm512_set1_ps(t.ranges[i][2 * t.part + 1]);
    const __m512 left = t.is_first ? _mm512_setzero_ps() : _mm512_loadu_ps(c);
    const __m512 right = t.is_first ? _mm512_setzero_ps() : _mm512_loadu_ps(c + 16);
    _mm512_storeu_ps(c, _mm512_fmadd_ps(scale, _mm512_cvtepi32_ps(sums_left[i]), _mm512_fmadd_ps(low, of_left, left)));
    _mm512_storeu_ps(c + 16,
                     _mm512_fmadd_ps(scale, _mm512_cvtepi32_ps(sums_right[i]), _mm512_fmadd_ps(low, of_right, right)));
  }
}

template <int kTileRows>
PXF_VNNI void run_scores(const Int8AttentionKernels::Scores& t) {
  __m512i sums_left[kTileRows], sums_right[kTileRows];
  multiply<kTileRows, false>(t.product, sums_left, sums_right);
  const __m512 scale_left = _mm512_loadu_ps(t.scales), scale_right = _mm512_loadu_ps(t.scales + 16);
  const __m512 sum_left = _mm512_mul_ps(scale_left, _mm512_loadu_ps(t.column_sums));
  const __m512 sum_right = _mm512_mul_ps(scale_right, _mm512_loadu_ps(t.column_sums + 16));
#pragma GCC unroll 16
  for (int i = 0; i < kTileRows; ++i) {
    const __m512 scale = _mm512_set1_ps(t.ranges[2 * i]), low = _mm512_set1_ps(t.ranges[2 * i + 1]);
    const __m512 left = _mm512_mul_ps(_mm512_cvtepi32_ps(sums_left[i]), scale_left);
    const __m512 right = _mm512_mul_ps(_mm512_cvtepi32_ps(sums_right[i]), scale_right);
    _mm512_storeu_ps(t.scores + i * kColumns, _mm512_fmadd_ps(scale, left, _mm512_mul_ps(low, sum_left)));
    _mm512_storeu_ps(t.scores + i * kColumns + 16, _mm512_fmadd_ps(scale, right, _mm512_mul_ps(low, sum_right)));
  }
}

template <int kTileRows>
PXF_VNNI void run_values(const Int8AttentionKernels::Values& t) {
  __m512i sums_left[kTileRows], sums_right[kTileRows];
  multiply<kTileRows, true>(t.product, sums_left, sums_right);
  const __m512 byte_left = _mm512_loadu_ps(t.byte), byte_right = _mm512_loadu_ps(t.byte + 16);
  const __m512 factor_left = _mm512_loadu_ps(t.factor), factor_right = _mm512_loadu_ps(t.factor + 16);
#pragma GCC unroll 16
  for (int i = 0; i < kTileRows; ++i) {
    float* out = t.out + i * kColumns;
    const __m512 left = _mm512_mul_ps(_mm512_cvtepi32_ps(sums_left[i]), byte_left);
    const __m512 right = _mm512_mul_ps(_mm512_cvtepi32_ps(sums_right[i]), byte_right);
    _mm512_storeu_ps(out, _mm512_fmadd_ps(_mm512_loadu_ps(out), factor_left, left));
    _mm512_storeu_ps(out + 16, _mm512_fmadd_ps(_mm512_loadu_ps(out + 16), factor_right, right));
  }
}

template <int... kCounts>
constexpr Int8Tiles tiles(std::integer_sequence<int, kCounts...>) {
  return {nullptr, run_vnni<kCounts + 1>...};
}

template <int... kCounts>
constexpr Int8SumTiles sum_tiles(std::integer_sequence<int, kCounts...>) {
  return {nullptr, add_products<kCounts + 1>...};
}

template <int... kCounts>
constexpr Int8AttentionKernels attention_kernels(std::integer_sequence<int, kCounts...>) {
  return {{nullptr, run_scores<kCounts + 1>...}, {nullptr, run_values<kCounts + 1>...}};
}

bool has_vnni() {
  static const bool has_it = __builtin_cpu_supports("avx512vnni") != 0 && __builtin_cpu_supports("avx512bw") != 0;
  return has_it;
}

}  // namespace

const Int8Tiles* vnni_tiles() {
  static constexpr auto kTiles = tiles(std::make_integer_sequence<int, kRows>());
  return has_vnni() ? &kTiles : nullptr;
}

const Int8SumTiles* vnni_sum_tiles() {
  static constexpr auto kTiles = sum_tiles(std::make_integer_sequence<int, kRows>());
  return has_vnni() ? &kTiles : nullptr;
}

const Int8AttentionKernels* vnni_attention() {
  static constexpr auto kKernels = attention_kernels(std::make_integer_sequence<int, kRows>());
  return has_vnni() ? &kKernels : nullptr;
}

}  // namespace pxf
#else
namespace pxf {
const Int8Tiles* vnni_tiles() { return nullptr; }
const Int8SumTiles* vnni_sum_tiles() { return nullptr; }
const Int8AttentionKernels* vnni_attention() { return nullptr; }
}  // namespace pxf
#endif
