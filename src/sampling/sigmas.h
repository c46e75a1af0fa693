// Noise levels. sigma is the standard deviation of the noise in x = z + sigma n, for latents z of unit scale, or its
// share in x = (1 - sigma) z + sigma n of a flow. A model trained on discrete steps of time knows the levels of a
// table, and what lies between two rows is interpolated. Computed in f64 and rounded where a tensor is made. Immutable;
// safe for many threads.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace pxf {

/// The levels a sampler walks down: one more than its steps, the last one usually 0.
using Sigmas = std::vector<double>;

/// What a model was trained on, where somebody has sought the best sigmas for it (align_your_steps, optimal_steps).
enum class TunedFor : std::uint8_t { sd1, sdxl, svd, flux, wan, chroma };

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

  /// x = (1 - sigma) z + sigma n with sigma = shift t / (1 + (shift - 1) t), t from 0 to 1: the larger the picture, the
  /// more shift (Esser et al. 2024, equation 23). `rows` of it are the table: 1,000 in SD 3, 10,000 in FLUX.
  static NoiseSchedule flow(double shift = 1, int rows = 1000);

  /// Any sigma of a range, time being log sigma / 4 (Karras et al. 2022, table 1): Playground 2.5, SVD.
  static NoiseSchedule edm(double sigma_min = 0.002, double sigma_max = 120);

  NoiseSchedule tuned_for(TunedFor model) const;
  TunedFor tuning() const noexcept { return tuning_; }
  bool is_flow() const noexcept { return kind_ == Kind::flow; }

  /// Empty but for tables of them.
  std::span<const double> alphas_cumprod() const noexcept { return alphas_cumprod_; }
  /// Rising with time: sqrt((1 - alpha_cumprod) / alpha_cumprod) of a table.
  std::span<const double> sigmas() const noexcept { return sigmas_; }
  double sigma_min() const noexcept { return sigmas_.front(); }
  double sigma_max() const noexcept { return sigmas_.back(); }
  /// The ends of time: 0 and 999 of a table of 1,000 rows, 0 and 1,000 of a flow.
  double first_timestep() const noexcept;
  double last_timestep() const noexcept;

  /// In a table, log sigma is linear in time between two rows; times outside give the ends.
  double sigma_of(double timestep) const noexcept;
  /// What A1111 and diffusers tell the model: the inverse of sigma_of, within the ends; but 1,000 sigma of a flow,
  /// whatever its shift.
  double timestep_of(double sigma) const noexcept;
  /// The row of the table nearest in log sigma: what ComfyUI tells the model.
  int nearest_timestep(double sigma) const noexcept;
  /// The sigma when a share of time, 0 (most noise) to 1, has passed. ComfyUI percent_to_sigma, strictly between both.
  double sigma_at(double share) const noexcept;

 private:
  enum class Kind : std::uint8_t { table, flow, edm };
  NoiseSchedule(Kind kind, std::vector<double> sigmas);

  Kind kind_ = Kind::table;
  TunedFor tuning_ = TunedFor::sd1;
  double shift_ = 1;
  std::vector<double> alphas_cumprod_, sigmas_, log_sigmas_;
};

/// FLUX's shift for a picture of so many patches of 16x16 pixels: e^mu, mu linear between (256, 0.5) and (4096, 1.15).
double flux_shift(double patches);

}  // namespace pxf
