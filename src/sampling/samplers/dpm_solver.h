// One step of DPM-Solver in orders 1 to 3, which share their evaluations. Lu et al. 2022, "DPM-Solver", algorithms 1
// and 2. Time is t = -log sigma.
#pragma once

#include "sampling/samplers.h"

namespace pxf {

class DpmSolverStep {
 public:
  /// Borrows `denoise`; evaluates it at (x, from).
  DpmSolverStep(const Denoise& denoise, const Tensor& x, double from);

  const Tensor& denoised() const { return denoised_; }

  /// x at `to` in that order; r: where in the step the second evaluation lies, kept for the third order.
  Tensor first_order(double to) const;
  Tensor second_order(double to, double r);
  Tensor third_order(double to);

 private:
  Tensor slope(const Tensor& x, double t) const;  // the noise in x at time t
  const Tensor& slope_at(double r, double h);

  const Denoise& denoise_;
  Tensor x_, denoised_;
  double t_;
  Tensor d_, d_r_;  // the noise at the start and at t + r h
};

/// A step's end below sigma `to`, and the noise that leads up to it: k-diffusion's, never below `last`.
struct DpmNoise {
  double down, up;
};
DpmNoise dpm_noise(double from, double to, double last, double eta);

/// The last sigma above 0, where DPM-Solver ends; sigmas has two or more.
double last_above_zero(const Sigmas& sigmas);

}  // namespace pxf
