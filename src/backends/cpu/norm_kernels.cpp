// Sums, squares and the affine step of group and layer normalisation.
#include "backends/cpu/kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backends/cpu/norm_kernels.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <cmath>

#include "backends/cpu/exp-inl.h"

HWY_BEFORE_NAMESPACE();
namespace pxf {
namespace HWY_NAMESPACE {
namespace {

void sum_channels(const float* x, std::int64_t places, std::int64_t channels, float* sum) {
  const D d;
  std::int64_t c = 0;
  for (; c + kLanes <= channels; c += kLanes) {
    V total = hn::LoadU(d, sum + c);
    for (std::int64_t p = 0; p < places; ++p) total = hn::Add(total, hn::LoadU(d, x + p * channels + c));
    hn::StoreU(total, d, sum + c);
  }
  for (; c < channels; ++c) {
    for (std::int64_t p = 0; p < places; ++p) sum[c] += x[p * channels + c];
  }
}

void square_channels(const float* x, std::int64_t places, std::int64_t channels, const float* centre, float* squares) {
  const D d;
  std::int64_t c = 0;
  for (; c + kLanes <= channels; c += kLanes) {
    const V middle = hn::LoadU(d, centre + c);
    V total = hn::LoadU(d, squares + c);
    for (std::int64_t p = 0; p < places; ++p) {
      const V away = hn::Sub(hn::LoadU(d, x + p * channels + c), middle);
      total = hn::MulAdd(away, away, total);
    }
    hn::StoreU(total, d, squares + c);
  }
  for (; c < channels; ++c) {
    for (std::int64_t p = 0; p < places; ++p) {
      const float away = x[p * channels + c] - centre[c];
      squares[c] += away * away;
    }
  }
}

template <bool kSilu>
void apply_affine(const float* x, std::int64_t places, std::int64_t channels, const float* centre, const float* scale,
                  const float* shift, float* y) {
  const D d;
  const auto one = [](V v, V middle, V factor, V term) {
    const V z = hn::MulAdd(hn::Sub(v, middle), factor, term);
    return kSilu ? silu(z) : z;
  };
  const std::int64_t whole = channels / kLanes * kLanes;
  for (std::int64_t p = 0; p < places; ++p, x += channels, y += channels) {
    for (std::int64_t c = 0; c < whole; c += kLanes) {
      const V z = one(hn::LoadU(d, x + c), hn::LoadU(d, centre + c), hn::LoadU(d, scale + c), hn::LoadU(d, shift + c));
      hn::StoreU(z, d, y + c);
    }
    for (std::int64_t c = whole; c < channels; ++c) {
      y[c] = hn::GetLane(one(hn::Set(d, x[c]), hn::Set(d, centre[c]), hn::Set(d, scale[c]), hn::Set(d, shift[c])));
    }
  }
}

void apply(const float* x, std::int64_t places, std::int64_t channels, const float* centre, const float* scale,
           const float* shift, bool silu, float* y) {
  silu ? apply_affine<true>(x, places, channels, centre, scale, shift, y)
       : apply_affine<false>(x, places, channels, centre, scale, shift, y);
}

void layer_norm_row(const float* x, std::int64_t channels, const float* gamma, const float* beta, float eps, float* y) {
  const D d;
  const std::int64_t whole = channels / kLanes * kLanes;
  const auto count = static_cast<float>(channels);
  V sums = hn::Zero(d);
  for (std::int64_t c = 0; c < whole; c += kLanes) sums = hn::Add(sums, hn::LoadU(d, x + c));
  float sum = hn::GetLane(hn::SumOfLanes(d, sums));
  for (std::int64_t c = whole; c < channels; ++c) sum += x[c];
  const float mean = sum / count;

  V squares = hn::Zero(d);
  for (std::int64_t c = 0; c < whole; c += kLanes) {
    const V away = hn::Sub(hn::LoadU(d, x + c), hn::Set(d, mean));
    squares = hn::MulAdd(away, away, squares);
  }
  float square = hn::GetLane(hn::SumOfLanes(d, squares));
  for (std::int64_t c = whole; c < channels; ++c) square += (x[c] - mean) * (x[c] - mean);
  const float inverse = 1 / std::sqrt(square / count + eps);

  for (std::int64_t c = 0; c < whole; c += kLanes) {
    const V away = hn::Mul(hn::Sub(hn::LoadU(d, x + c), hn::Set(d, mean)), hn::Set(d, inverse));
    hn::StoreU(hn::MulAdd(away, hn::LoadU(d, gamma + c), hn::LoadU(d, beta + c)), d, y + c);
  }
  for (std::int64_t c = whole; c < channels; ++c) y[c] = (x[c] - mean) * inverse * gamma[c] + beta[c];
}

}  // namespace

const NormKernels* norm_table() {
  static const NormKernels table{sum_channels, square_channels, apply, layer_norm_row};
  return &table;
}

}  // namespace HWY_NAMESPACE
}  // namespace pxf
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace pxf {
HWY_EXPORT(norm_table);
const NormKernels& norm_kernels() { return *HWY_DYNAMIC_DISPATCH(norm_table)(); }
}  // namespace pxf
#endif
