#include "tensor/block_fit.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace pxf::block {
namespace {

constexpr std::size_t kMostValues = 32;

/// With its sign; zero when all count as zeros.
float extreme(std::span<const float> x) {
  float largest = 0, best = 0;
  for (const float v : x) {
    if (std::abs(v) > largest) {
      largest = std::abs(v);
      best = v;
    }
  }
  return largest < kAllZero ? 0 : best;
}

int centred_code(float value, int middle) { return std::clamp(nearest_whole(value), -middle, middle - 1); }

/// Of x and codes l, weighted by x squared: what the best scale and its gain follow from.
struct Sums {
  float xl = 0, ll = 0;
  void add(float x, int l) {
    const float w = x * x, code = static_cast<float>(l);
    xl += w * x * code;
    ll += w * code * code;
  }
};

/// One code of a group moved to where it suits the scale that the others give; whether that helped.
bool move(float x, int middle, int& code, Sums& sums) {
  const float w = x * x, before = static_cast<float>(code);
  Sums other{sums.xl - w * x * before, sums.ll - w * before * before};
  if (!(other.xl > 0)) return false;
  const int moved = centred_code(x * other.ll / other.xl, middle);
  if (moved == code) return false;
  other.add(x, moved);
  if (!(other.ll > 0 && other.xl * other.xl * sums.ll > sums.xl * sums.xl * other.ll)) return false;
  code = moved;
  sums = other;
  return true;
}

struct Weighed {
  float weight = 0, x = 0;  // sums of weights, and of weights times values
};

/// The best line for given codes; `determinant` tells whether there is one.
LineFit line_through(std::span<const float> x, std::span<const float> weights, const std::uint8_t* codes,
                     const Weighed& all, float& determinant) {
  float l = 0, ll = 0, xl = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const float w = weights[i], code = codes[i];
    l += w * code;
    ll += w * code * code;
    xl += w * code * x[i];
  }
  determinant = all.weight * ll - l * l;
  const float scale = (all.weight * xl - all.x * l) / determinant;
  const float minimum = (ll * all.x - l * xl) / determinant;
  if (minimum > 0) return {xl / ll, -0.0f};
  return {scale, -minimum};
}

float error_of(std::span<const float> x, std::span<const float> weights, const std::uint8_t* codes, const LineFit& line,
               bool squares) {
  float sum = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const float difference = line.scale * codes[i] + -line.minus_minimum - x[i];
    sum += weights[i] * (squares ? difference * difference : std::abs(difference));
  }
  return sum;
}

void line_codes(std::span<const float> x, float minimum, float inverse, int highest, std::uint8_t* codes) {
  for (std::size_t i = 0; i < x.size(); ++i) {
    codes[i] = static_cast<std::uint8_t>(std::clamp(nearest_whole(inverse * (x[i] - minimum)), 0, highest));
  }
}

}  // namespace

// Added, 1.5 * 2^23 leaves the whole number in the low bits of the sum, rounded by the addition itself.
int nearest_whole(float value) noexcept {
  const auto bits = std::bit_cast<std::uint32_t>(value + 12582912.0f);
  return static_cast<int>(bits & 0x007fffff) - 0x00400000;
}

float fit_centred(std::span<const float> x, int middle, std::uint8_t* codes) noexcept {
  std::fill_n(codes, x.size(), std::uint8_t{0});
  const float largest = extreme(x);
  if (largest == 0) return 0;
  float scale = 0, gain = 0;
  const auto attempt = [&](float inverse, bool first) {
    Sums sums;
    for (const float v : x) sums.add(v, centred_code(inverse * v, middle));
    if (!first && !(sums.ll > 0 && sums.xl * sums.xl > gain * sums.ll)) return;
    for (std::size_t i = 0; i < x.size(); ++i) {
      codes[i] = static_cast<std::uint8_t>(middle + centred_code(inverse * x[i], middle));
    }
    scale = sums.ll != 0 ? sums.xl / sums.ll : 0;
    gain = scale * sums.xl;
  };
  attempt(static_cast<float>(-middle) / largest, true);
  for (int step = -9; step <= 9; ++step) {
    if (step != 0) attempt(-(static_cast<float>(middle) + 0.1f * static_cast<float>(step)) / largest, false);
  }
  return scale;
}

float fit_centred_moving(std::span<const float> x, int middle, std::uint8_t* codes) noexcept {
  std::fill_n(codes, x.size(), std::uint8_t{0});
  const float largest = extreme(x);
  if (largest == 0) return 0;
  int moving[kMostValues];
  Sums sums;
  for (std::size_t i = 0; i < x.size(); ++i) {
    moving[i] = centred_code(static_cast<float>(-middle) / largest * x[i], middle);
    sums.add(x[i], moving[i]);
  }
  for (int round = 0; round < 5; ++round) {
    bool moved = false;
    for (std::size_t i = 0; i < x.size(); ++i) moved |= move(x[i], middle, moving[i], sums);
    if (!moved) break;
  }
  for (std::size_t i = 0; i < x.size(); ++i) codes[i] = static_cast<std::uint8_t>(moving[i] + middle);
  return sums.ll > 0 ? sums.xl / sums.ll : 0;
}

LineFit fit_line(std::span<const float> x, std::span<const float> weights, const LineSearch& search,
                 std::uint8_t* codes) noexcept {
  Weighed all;
  for (std::size_t i = 0; i < x.size(); ++i) {
    all.weight += weights[i];
    all.x += weights[i] * x[i];
  }
  const float lowest = std::min(*std::ranges::min_element(x), 0.0f), highest = *std::ranges::max_element(x);
  std::fill_n(codes, x.size(), std::uint8_t{0});
  if (highest == lowest) return {0, -lowest};

  const auto codes_wanted = static_cast<float>(search.highest);
  const float inverse = codes_wanted / (highest - lowest);
  LineFit best{1 / inverse, -lowest};
  line_codes(x, lowest, inverse, search.highest, codes);
  float error = error_of(x, weights, codes, best, search.squares);
  for (int step = 0; step <= search.steps; ++step) {
    std::uint8_t tried[kMostValues];
    // The minimum found so far is where the next codes begin.
    const float minimum = -best.minus_minimum;
    const float tried_inverse = (search.begin + 0.1f * static_cast<float>(step) + codes_wanted) / (highest - minimum);
    line_codes(x, minimum, tried_inverse, search.highest, tried);
    float determinant = 0;
    const LineFit line = line_through(x, weights, tried, all, determinant);
    if (!(determinant > 0)) continue;
    const float tried_error = error_of(x, weights, tried, line, search.squares);
    if (!(tried_error < error)) continue;
    std::copy_n(tried, x.size(), codes);
    error = tried_error;
    best = line;
  }
  return best;
}

}  // namespace pxf::block
