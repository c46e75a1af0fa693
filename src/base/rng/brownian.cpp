#include "base/rng/brownian.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/rng/seed_sequence.h"

namespace pxf {
namespace {

/// As Python's round(level, 6): of the decimal number that the double is, so that a product which only looks like a tie
/// goes to the right side. Middles of such levels are near ties half of the time.
double to_six_digits(double level) {
  const double millionths = level * 1e6, lost = std::fma(level, 1e6, -millionths);
  const bool looks_like_a_tie = millionths - std::floor(millionths) == 0.5;
  if (looks_like_a_tie && lost != 0) return (lost > 0 ? std::ceil(millionths) : std::floor(millionths)) / 1e6;
  return std::nearbyint(millionths) / 1e6;
}

}  // namespace

BrownianPath::BrownianPath(GeneratorKind kind, std::uint64_t seed, double sigma_min, double sigma_max,
                           std::size_t count)
    : kind_(kind),
      seed_(seed),
      low_(to_six_digits(sigma_min)),
      high_(to_six_digits(sigma_max)),
      count_(count),
      whole_(draw(seed_at(seed))) {
  for (double& value : whole_) value *= std::sqrt(sigma_max - sigma_min);
}

BrownianPath::Values BrownianPath::draw(std::uint64_t seed) const {
  std::vector<float> numbers(count_);
  make_generator(kind_, seed)->randn(numbers);
  return {numbers.begin(), numbers.end()};
}

const BrownianPath::Values& BrownianPath::at(double level) {
  const double wanted = std::clamp(to_six_digits(level), low_, high_);
  const auto found = std::ranges::find(known_, wanted, &Known::level);
  if (found != known_.end()) return found->values;

  // The interval around the level is halved until the level is a border. Given both ends, the middle is normal (Levy
  // 1948): its mean on the line between them, its variance (middle - low)(high - middle) / (high - low).
  double low = low_, high = high_;
  std::uint64_t key = 0, depth = 0;
  Values step = whole_;  // from low to high
  Values come(count_);   // up to low
  while (wanted != low && wanted != high) {
    const double middle = to_six_digits((low + high) / 2), share = (middle - low) / (high - low);
    const double deviation = std::sqrt(share * (high - middle));
    Values left = draw(seed_at(seed_, std::array{key, depth}));
    for (std::size_t i = 0; i < count_; ++i) left[i] = share * step[i] + deviation * left[i];
    const bool goes_right = wanted > middle;
    if (goes_right) {
      for (std::size_t i = 0; i < count_; ++i) {
        come[i] += left[i];
        step[i] -= left[i];
      }
    } else {
      step = std::move(left);
    }
    (goes_right ? low : high) = middle;
    key = 2 * key + (goes_right ? 1 : 0);
    ++depth;
  }
  if (wanted == high) {
    for (std::size_t i = 0; i < count_; ++i) come[i] += step[i];
  }
  constexpr std::size_t kMostKnown = 4;
  if (known_.size() == kMostKnown) known_.erase(known_.begin());
  return known_.emplace_back(Known{wanted, std::move(come)}).values;
}

std::vector<float> BrownianPath::noise(double from, double to) {
  const Values start = at(from), end = at(to);
  const double scale = 1 / std::sqrt(std::abs(to - from));
  std::vector<float> out(count_);
  for (std::size_t i = 0; i < count_; ++i) out[i] = static_cast<float>((end[i] - start[i]) * scale);
  return out;
}

}  // namespace pxf
