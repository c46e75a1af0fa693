#include "peak.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "peak.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace pxf {
namespace HWY_NAMESPACE {
namespace {

// Twelve sums that do not wait for each other: two units with a latency of four or five cycles want eight to ten, and
// AVX2 has sixteen registers. They begin apart: equal ones the compiler would compute once.
double fma_rounds(std::int64_t rounds) {
  namespace hn = hwy::HWY_NAMESPACE;
  const hn::ScalableTag<float> d;
  const auto factor = hn::Set(d, 0.5F), term = hn::Set(d, 1.0F);
  const auto at = [&](int start) { return hn::Set(d, static_cast<float>(start)); };
  auto a = at(1), b = at(2), c = at(3), e = at(4), f = at(5), g = at(6);
  auto h = at(7), i = at(8), j = at(9), k = at(10), l = at(11), m = at(12);
  for (std::int64_t round = 0; round < rounds; ++round) {
    a = hn::MulAdd(a, factor, term), b = hn::MulAdd(b, factor, term), c = hn::MulAdd(c, factor, term);
    e = hn::MulAdd(e, factor, term), f = hn::MulAdd(f, factor, term), g = hn::MulAdd(g, factor, term);
    h = hn::MulAdd(h, factor, term), i = hn::MulAdd(i, factor, term), j = hn::MulAdd(j, factor, term);
    k = hn::MulAdd(k, factor, term), l = hn::MulAdd(l, factor, term), m = hn::MulAdd(m, factor, term);
  }
  const auto sum = hn::Add(hn::Add(hn::Add(a, b), hn::Add(c, e)),
                           hn::Add(hn::Add(hn::Add(f, g), hn::Add(h, i)), hn::Add(hn::Add(j, k), hn::Add(l, m))));
  volatile float used = hn::GetLane(sum);
  (void)used;
  return 2.0 * 12 * static_cast<double>(hn::Lanes(d)) * static_cast<double>(rounds);
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace pxf
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace pxf {
HWY_EXPORT(fma_rounds);
double multiply_adds_f32(std::int64_t rounds) { return HWY_DYNAMIC_DISPATCH(fma_rounds)(rounds); }

#if defined(__x86_64__)
namespace {

__attribute__((target("avx512f,avx512vnni"))) double vnni_rounds(std::int64_t rounds) {
  const __m512i factor = _mm512_set1_epi8(1);
  __m512i sums[12];
  for (int i = 0; i < 12; ++i) sums[i] = _mm512_set1_epi32(i);
  for (std::int64_t round = 0; round < rounds; ++round) {
#pragma GCC unroll 12
    for (__m512i& sum : sums) sum = _mm512_dpbusd_epi32(sum, factor, factor);
  }
  __m512i all = sums[0];
  for (int i = 1; i < 12; ++i) all = _mm512_add_epi32(all, sums[i]);
  volatile int used = _mm512_reduce_add_epi32(all);
  (void)used;
  return 2.0 * 12 * 64 * static_cast<double>(rounds);
}

}  // namespace

double byte_products(std::int64_t rounds) { return __builtin_cpu_supports("avx512vnni") ? vnni_rounds(rounds) : 0; }
#else
double byte_products(std::int64_t) { return 0; }
#endif

}  // namespace pxf
#endif
