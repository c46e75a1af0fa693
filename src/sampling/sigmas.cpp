#include "sampling/sigmas.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "base/error.h"

namespace pxf {
namespace {

constexpr double kFlowTime = 1000;  // a flow's last timestep
constexpr double kEdmTime = 0.25;   // of a unit of log sigma

double shifted(double t, double shift) { return shift * t / (1 + (shift - 1) * t); }

}  // namespace

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

NoiseSchedule::NoiseSchedule(Kind kind, std::vector<double> sigmas) : kind_(kind), sigmas_(std::move(sigmas)) {
  for (const double sigma : sigmas_) log_sigmas_.push_back(std::log(sigma));
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

NoiseSchedule NoiseSchedule::flow(double shift, int rows) {
  require(shift > 0, "[noise schedule] shift: got {}, need more than 0", shift);
  require(rows >= 2, "[noise schedule] rows: got {}, need 2 or more", rows);
  std::vector<double> sigmas;
  for (int i = 1; i <= rows; ++i) sigmas.push_back(shifted(static_cast<double>(i) / rows, shift));
  NoiseSchedule made(Kind::flow, std::move(sigmas));
  made.shift_ = shift;
  made.tuning_ = TunedFor::flux;
  return made;
}

NoiseSchedule NoiseSchedule::edm(double sigma_min, double sigma_max) {
  require(sigma_min > 0 && sigma_max > sigma_min, "[noise schedule] range: got {} to {}, need 0 < first < second",
          sigma_min, sigma_max);
  constexpr int kRows = 1000;
  std::vector<double> sigmas;
  for (int i = 0; i < kRows; ++i) {
    sigmas.push_back(std::exp(std::lerp(std::log(sigma_min), std::log(sigma_max), i / (kRows - 1.0))));
  }
  NoiseSchedule made(Kind::edm, std::move(sigmas));
  made.tuning_ = TunedFor::svd;
  return made;
}

NoiseSchedule NoiseSchedule::tuned_for(TunedFor model) const {
  NoiseSchedule made = *this;
  made.tuning_ = model;
  return made;
}

double NoiseSchedule::first_timestep() const noexcept {
  return kind_ == Kind::edm ? kEdmTime * log_sigmas_.front() : 0;
}

double NoiseSchedule::last_timestep() const noexcept {
  switch (kind_) {
    case Kind::flow: return kFlowTime;
    case Kind::edm: return kEdmTime * log_sigmas_.back();
    case Kind::table: break;
  }
  return static_cast<double>(sigmas_.size() - 1);
}

double NoiseSchedule::sigma_of(double timestep) const noexcept {
  const double t = std::clamp(timestep, first_timestep(), last_timestep());
  if (kind_ == Kind::flow) return shifted(t / kFlowTime, shift_);
  if (kind_ == Kind::edm) return std::exp(t / kEdmTime);
  const auto low = std::min(static_cast<std::size_t>(t), sigmas_.size() - 2);
  return std::exp(std::lerp(log_sigmas_[low], log_sigmas_[low + 1], t - static_cast<double>(low)));
}

double NoiseSchedule::timestep_of(double sigma) const noexcept {
  if (kind_ == Kind::flow) return kFlowTime * sigma;
  const double wanted = std::clamp(std::log(sigma), log_sigmas_.front(), log_sigmas_.back());
  if (kind_ == Kind::edm) return kEdmTime * wanted;
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

double NoiseSchedule::sigma_at(double share) const noexcept {
  return sigma_of(std::lerp(last_timestep(), first_timestep(), share));
}

double flux_shift(double patches) { return std::exp(std::lerp(0.5, 1.15, (patches - 256) / (4096 - 256))); }

}  // namespace pxf
