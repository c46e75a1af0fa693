// Noise levels. sigma is the standard deviation of the noise in x = z + sigma n, for latents z of unit scale; a model
// trained on discrete steps of time knows the levels of a table, and what lies between two rows is interpolated.
// Computed in f64 and rounded where a tensor is made. Immutable; safe for many threads.
#pragma once

#include <span>
#include <vector>

namespace pxf {

/// The levels a sampler walks down: one more than its steps, the last one usually 0.
using Sigmas = std::vector<double>;

class NoiseSchedule {
 public:
  /// From the signal's share of the variance at every step of time, falling. Throws invalid_argument unless there are
  /// two or more, strictly between 0 and 1 and falling.
  explicit NoiseSchedule(std::vector<double> alphas_cumprod);

  /// betas = linspace(sqrt(first), sqrt(last), steps)^2: Stable Diffusion's "scaled linear" (Rombach et al. 2022).
  static NoiseSchedule scaled_linear(double first = 0.00085, double last = 0.012, int steps = 1000);

  /// The same stretched so that the last step holds noise alone (Lin et al. 2024, algorithm 1), but for ComfyUI's rest
  /// of signal 4.9e-8 there, which keeps the last sigma finite: 4518.76.
  NoiseSchedule with_zero_terminal_snr() const;

  std::span<const double> alphas_cumprod() const noexcept { return alphas_cumprod_; }
  /// sqrt((1 - alpha_cumprod) / alpha_cumprod), rising with time.
  std::span<const double> sigmas() const noexcept { return sigmas_; }
  double sigma_min() const noexcept { return sigmas_.front(); }
  double sigma_max() const noexcept { return sigmas_.back(); }
  double last_timestep() const noexcept { return static_cast<double>(sigmas_.size() - 1); }

  /// log sigma is linear in time between two rows; times outside the table give its ends.
  double sigma_of(double timestep) const noexcept;
  /// The inverse, between 0 and last_timestep(): what A1111 and diffusers tell the model.
  double timestep_of(double sigma) const noexcept;
  /// The row nearest in log sigma: what ComfyUI tells the model.
  int nearest_timestep(double sigma) const noexcept;

 private:
  std::vector<double> alphas_cumprod_, sigmas_, log_sigmas_;
};

}  // namespace pxf
