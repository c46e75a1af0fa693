// Combining what the model says with and without the prompt. All tensors of a call have one shape, the first extent the
// pictures of a batch: whatever is measured is measured for each picture. f32 and f64.
#pragma once

#include <limits>
#include <span>
#include <vector>

#include "pixelforge/guidance.h"
#include "tensor/tensor.h"

namespace pxf {

/// Classifier-free guidance: uncond + scale * (cond - uncond). Ho and Salimans 2022.
/// scale 1 is cond itself: the caller may then leave the other pass out.
Tensor cfg(Tensor cond, const Tensor& uncond, double scale);

/// Several conditions as one: uncond + sum of weights[i] * (conds[i] - uncond). With cfg, A1111's AND. Liu et al. 2022,
/// "Compositional Visual Generation", equation 11.
Tensor all_of(std::span<const Tensor> conds, std::span<const double> weights, const Tensor& uncond);

/// Whether it is time for a method, at `step` of `steps`, from 0, and at noise level sigma. Samplers that take more
/// steps than planned are at the end of theirs.
bool acts_at(const GuidanceInterval& when, int step, int steps, double sigma);

/// The CFG scale where it changes with the step or the noise.
struct GuidanceScale {
  double scale = 1;
  std::vector<double> by_step = {};  // instead of `scale`; the last one goes on. Empty: none
  /// Only here does guidance act: Kynkaanniemi et al. 2024, "Applying Guidance in a Limited Interval".
  GuidanceInterval interval = {};
  int steps = 1;  // of the run

  /// For step `step` from 0, at sigma; 1, that is no guidance, outside the interval.
  double at(int step, double sigma) const;
};

/// The guided one with the standard deviation of cond, by a share `amount` of the way: against the contrast that grows
/// with the scale. Lin et al. 2024, "Common Diffusion Noise Schedules and Sample Steps are Flawed", section 3.4.
Tensor rescale_to(const Tensor& guided, const Tensor& cond, double amount);

/// A denoised latent clipped to the quantile `share` of its absolute values and divided by it, where that is more than
/// 1; more than `most` counts as `most`. Saharia et al. 2022 (Imagen), section 2.3.
Tensor dynamic_threshold(const Tensor& denoised, double share, double most = std::numeric_limits<double>::infinity());

/// Each channel of `guided`, (B, h, w, C), about its mean: clipped to the larger of its own quantile `percentile` and
/// the range of `mimicked`, and brought to the latter. McMonkey4eva's "Dynamic Thresholding", with its usual settings.
Tensor in_range_of(const Tensor& guided, const Tensor& mimicked, double percentile);

/// CFG with uncond scaled so that it explains as much of cond as it can. Fan et al. 2025, "CFG-Zero*", equation 8;
/// leaving out the first steps, their zero-init, is the caller's.
Tensor cfg_zero_star(const Tensor& cond, const Tensor& uncond, double scale);

/// Adaptive projected guidance: the difference to uncond is damped along cond, which is what oversaturates, and kept to
/// a length; it may go on from earlier steps. Sadat et al. 2025, "Eliminating Oversaturation and Artifacts of High
/// Guidance Scales", algorithm 1. Keeps the running difference: one object a run.
class ProjectedGuidance {
 public:
  explicit ProjectedGuidance(const AdaptiveProjection& options) : options_(options) {}

  Tensor operator()(const Tensor& cond, const Tensor& uncond, double scale);

 private:
  AdaptiveProjection options_;
  Tensor running_;
};

}  // namespace pxf
