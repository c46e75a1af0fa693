// How the steps are spread over the noise levels: one function each, from sigma_max (or near it) down to 0.
// steps >= 1. The list with their names is schedulers.cpp.
#pragma once

#include <span>

#include "sampling/sigmas.h"

namespace pxf {

using Schedule = Sigmas(const NoiseSchedule& noise, int steps);

Schedule normal_schedule, karras_schedule, exponential_schedule, sgm_uniform_schedule, simple_schedule,
    kl_optimal_schedule, linear_quadratic_schedule, gits_schedule, vp_schedule, trailing_schedule, leading_schedule,
    lcm_schedule, flow_uniform_schedule, a1111_beta_schedule;
/// May give fewer or more than `steps` steps, as ComfyUI's do.
Schedule ddim_uniform_schedule, beta_schedule;
/// End above 0.
Schedule laplace_schedule, a1111_kl_optimal_schedule;
/// Throw invalid_argument for a model that they were not sought for.
Schedule align_your_steps_schedule, align_your_steps_11_schedule, align_your_steps_32_schedule,
    align_your_steps_gits_schedule, optimal_steps_schedule;

/// The same for any range or parameter; karras_schedule has rho = 7, gits_schedule 1.2.
Sigmas karras_sigmas(int steps, double sigma_min, double sigma_max, double rho);
Sigmas exponential_sigmas(int steps, double sigma_min, double sigma_max);
Sigmas polyexponential_sigmas(int steps, double sigma_min, double sigma_max, double rho);
Sigmas laplace_sigmas(int points, double sigma_min, double sigma_max, double mu, double beta);
Sigmas vp_sigmas(int steps, double beta_d, double beta_min, double last_time);
/// Throws invalid_argument for a coefficient outside 0.8 to 1.5; it is rounded to steps of 0.05.
Sigmas gits_sigmas(const NoiseSchedule& noise, int steps, double coefficient);

/// `points` values along `levels` (two or more), linear in their logarithm and in the way from the first to the last.
Sigmas log_interpolated(std::span<const double> levels, int points);

/// How far point i of n lies on the way from the first, 0, to the last, 1.
inline double way(int i, int n) { return n > 1 ? i / (n - 1.0) : 0; }

}  // namespace pxf
