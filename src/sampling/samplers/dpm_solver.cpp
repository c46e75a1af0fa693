#include "sampling/samplers/dpm_solver.h"

#include <algorithm>
#include <cmath>

#include "ops/elementwise.h"
#include "sampling/samplers/ancestral.h"

namespace pxf {

DpmSolverStep::DpmSolverStep(const Denoise& denoise, const Tensor& x, double from)
    : denoise_(denoise), x_(x), denoised_(denoise(x, from)), t_(-std::log(from)), d_((x - denoised_) / from) {}

Tensor DpmSolverStep::slope(const Tensor& x, double t) const { return (x - denoise_(x, std::exp(-t))) * std::exp(t); }

const Tensor& DpmSolverStep::slope_at(double r, double h) {
  if (!d_r_.defined()) {
    const double s = t_ + r * h;
    d_r_ = slope(x_ - d_ * (std::exp(-s) * std::expm1(r * h)), s);
  }
  return d_r_;
}

Tensor DpmSolverStep::first_order(double to) const { return x_ - d_ * (to * std::expm1(-std::log(to) - t_)); }

Tensor DpmSolverStep::second_order(double to, double r) {
  const double h = -std::log(to) - t_;
  const Tensor change = slope_at(r, h) - d_;
  return first_order(to) - change * (to / (2 * r) * std::expm1(h));
}

Tensor DpmSolverStep::third_order(double to) {
  constexpr double r1 = 1. / 3, r2 = 2. / 3;
  const double h = -std::log(to) - t_, s2 = t_ + r2 * h;
  const Tensor change_1 = slope_at(r1, h) - d_;
  const Tensor u2 = x_ - d_ * (std::exp(-s2) * std::expm1(r2 * h)) -
                    change_1 * (std::exp(-s2) * (r2 / r1) * (std::expm1(r2 * h) / (r2 * h) - 1));
  const Tensor change_2 = slope(u2, s2) - d_;
  return first_order(to) - change_2 * (to / r2 * (std::expm1(h) / h - 1));
}

DpmNoise dpm_noise(double from, double to, double last, double eta) {
  if (eta == 0) return {to, 0};
  const double down = std::max(last, ancestral_step(from, to, eta).down);
  return {down, std::sqrt(to * to - down * down)};
}

double last_above_zero(const Sigmas& sigmas) { return sigmas.back() > 0 ? sigmas.back() : sigmas[sigmas.size() - 2]; }

}  // namespace pxf
