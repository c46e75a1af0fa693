#include "sampling/sigmas.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "base/error.h"

namespace pxf {

NoiseSchedule::NoiseSchedule(std::vector<double> alphas_cumprod) : alphas_cumprod_(std::move(alphas_cumprod)) {
  const auto& alphas = alphas_cumprod_;
  require(alphas.size() >= 2, "[noise schedule] alphas_cumprod: got {} values, need 2 or more", alphas.size());
  require(
      alphas.front() < 1 && alphas.back() > 0 && std::is_sorted(alphas.begin(), alphas.end(), std::greater_equal<>()),
      "[noise schedule] alphas_cumprod: got {} to {}, need values that fall from below 1 to above 0", alphas.front(),
      alphas.back());
  for (const double alpha : alphas) {
    sigmas_.push_back(std::sqrt((1 - alpha) / alpha));
    log_sigmas_.push_back(std::log(sigmas_.back()));
  }
}

NoiseSchedule NoiseSchedule::scaled_linear(double first, double last, int steps) {
  std::vector<double> alphas;
  double product = 1;
  for (int i = 0; i < steps; ++i) {
    const double root = std::lerp(std::sqrt(first), std::sqrt(last), i / (steps - 1.0));
    alphas.push_back(product *= 1 - root * root);
  }
  return NoiseSchedule(std::move(alphas));
}

NoiseSchedule NoiseSchedule::with_zero_terminal_snr() const {
  constexpr double kRest = 4.8973451890853435e-08;
  const double first = std::sqrt(alphas_cumprod_.front());
  const double last = std::sqrt(alphas_cumprod_.back());
  std::vector<double> alphas;
  for (const double alpha : alphas_cumprod_) {
    const double stretched = (std::sqrt(alpha) - last) * first / (first - last);
    alphas.push_back(stretched * stretched);
  }
  alphas.back() = kRest;
  return NoiseSchedule(std::move(alphas));
}

double NoiseSchedule::sigma_of(double timestep) const noexcept {
  const double t = std::clamp(timestep, 0.0, last_timestep());
  const auto low = std::min(static_cast<std::size_t>(t), sigmas_.size() - 2);
  return std::exp(std::lerp(log_sigmas_[low], log_sigmas_[low + 1], t - static_cast<double>(low)));
}

double NoiseSchedule::timestep_of(double sigma) const noexcept {
  const double wanted = std::clamp(std::log(sigma), log_sigmas_.front(), log_sigmas_.back());
  const auto high = std::upper_bound(log_sigmas_.begin() + 1, log_sigmas_.end() - 1, wanted);
  const double low_row = static_cast<double>(high - log_sigmas_.begin()) - 1;
  return low_row + (wanted - high[-1]) / (high[0] - high[-1]);
}

int NoiseSchedule::nearest_timestep(double sigma) const noexcept {
  const double wanted = std::log(sigma);
  const auto low = log_sigmas_.begin() + static_cast<std::ptrdiff_t>(timestep_of(sigma));
  const bool next_is_nearer = low + 1 != log_sigmas_.end() && low[1] - wanted < wanted - low[0];
  return static_cast<int>(low - log_sigmas_.begin()) + (next_is_nearer ? 1 : 0);
}

}  // namespace pxf
