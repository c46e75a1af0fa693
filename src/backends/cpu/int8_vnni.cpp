// The tile of bytes by the dot product instruction of AVX512-VNNI: four products and their sum in each of 16 lanes.
// Highway's targets have no such set of their own, so this one kernel is written in intrinsics.
#include "backends/cpu/kernels.h"

#if defined(__x86_64__)
#include <immintrin.h>

#include <cstring>
#include <utility>

#define PXF_VNNI __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vnni")))

namespace pxf {
namespace {

constexpr int kRows = 12;
constexpr std::int64_t kColumns = 32;

template <int kTileRows>
PXF_VNNI void run_vnni(const Int8TileArgs& t) {
  __m512i left[kTileRows], right[kTileRows];
  const std::uint8_t* a[kTileRows];
#pragma GCC unroll 16
  for (int i = 0; i < kTileRows; ++i) {
    left[i] = right[i] = _mm512_setzero_si512();
    a[i] = t.rows[i] + t.begin;
  }
  const std::int8_t* b = t.b;
  for (std::int64_t k = 0; k < t.depth; k += 4, b += 4 * kColumns) {
    const __m512i b_left = _mm512_loadu_si512(b), b_right = _mm512_loadu_si512(b + 64);
#pragma GCC unroll 16
    for (int i = 0; i < kTileRows; ++i) {
      std::int32_t four;
      std::memcpy(&four, a[i] + k, sizeof four);
      const __m512i x = _mm512_set1_epi32(four);
      left[i] = _mm512_dpbusd_epi32(left[i], x, b_left);
      right[i] = _mm512_dpbusd_epi32(right[i], x, b_right);
    }
  }
#pragma GCC unroll 16
  for (int i = 0; i < kTileRows; ++i) {
    _mm512_storeu_si512(t.sums + i * kColumns, left[i]);
    _mm512_storeu_si512(t.sums + i * kColumns + 16, right[i]);
  }
}

template <int... kCounts>
constexpr Int8Tiles tiles(std::integer_sequence<int, kCounts...>) {
  return {nullptr, run_vnni<kCounts + 1>...};
}

}  // namespace

const Int8Tiles* vnni_tiles() {
  static constexpr auto kTiles = tiles(std::make_integer_sequence<int, kRows>());
  static const bool has_it = __builtin_cpu_supports("avx512vnni") != 0 && __builtin_cpu_supports("avx512bw") != 0;
  return has_it ? &kTiles : nullptr;
}

}  // namespace pxf
#else
namespace pxf {
const Int8Tiles* vnni_tiles() { return nullptr; }
}  // namespace pxf
#endif
