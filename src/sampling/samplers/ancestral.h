// A step of an ancestral sampler: down below the next sigma, then up to it again with fresh noise.
#pragma once

#include "sampling/samplers.h"

namespace pxf {

/// x at the next sigma is keep * (x at `down`) + up * (standard normal noise). Without noise, up is 0 and keep 1.
struct AncestralStep {
  double down, keep, up;

  /// From `down` up to sigmas[i + 1]; draws only where up is not 0.
  Tensor renoise(Tensor x, const Sigmas& sigmas, std::size_t i, const SamplerOptions& options) const;
};

/// eta is the share of the noise that is drawn anew, 0 (none) to 1. `from` may be infinite.
/// x = z + sigma n: variances add, down^2 + up^2 = to^2. k-diffusion get_ancestral_step.
AncestralStep ancestral_step(double from, double to, double eta);

/// x = (1 - sigma) z + sigma n: the signal must come out as 1 - to, so x is scaled too.
/// ComfyUI sample_euler_ancestral_RF.
AncestralStep ancestral_flow_step(double from, double to, double eta);

/// The one of both that options.flow asks for, with options.eta or its default.
AncestralStep ancestral_step(double from, double to, const SamplerOptions& options, double default_eta);

}  // namespace pxf
