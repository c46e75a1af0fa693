// A step of an ancestral sampler: down below the next sigma, then up to it again with fresh noise.
#pragma once

#include <algorithm>
#include <cmath>

namespace pxf {

/// x at `to` is keep * (x at `down`) + up * (standard normal noise). up is 0, and keep 1, where eta or `to` is.
struct AncestralStep {
  double down, keep, up;
};

/// eta is the share of the noise that is drawn anew, 0 (none) to 1.
/// x = z + sigma n: variances add, down^2 + up^2 = to^2. k-diffusion get_ancestral_step.
inline AncestralStep ancestral_step(double from, double to, double eta) {
  const double up = std::min(to, eta * to * std::sqrt((from - to) * (from + to)) / from);
  return {std::sqrt(to * to - up * up), 1, up};
}

/// x = (1 - sigma) z + sigma n: the signal must come out as 1 - to, so x is scaled too.
/// ComfyUI sample_euler_ancestral_RF.
inline AncestralStep ancestral_flow_step(double from, double to, double eta) {
  const double down = to * (1 + (to / from - 1) * eta);
  const double keep = (1 - to) / (1 - down);
  return {down, keep, std::sqrt(std::max(0.0, to * to - down * down * keep * keep))};
}

}  // namespace pxf
