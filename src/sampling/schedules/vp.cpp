#include <cmath>

#include "sampling/schedules/schedules.h"

namespace pxf {

// Equal steps of time of the continuous variance-preserving process. Song et al. 2021, "Score-Based Generative
// Modeling", appendix C; k-diffusion get_sigmas_vp.
Sigmas vp_sigmas(int steps, double beta_d, double beta_min, double last_time) {
  Sigmas sigmas;
  for (int i = 0; i < steps; ++i) {
    const double t = std::lerp(1.0, last_time, way(i, steps));
    sigmas.push_back(std::sqrt(std::expm1(beta_d * t * t / 2 + beta_min * t)));
  }
  sigmas.push_back(0);
  return sigmas;
}

Sigmas vp_schedule(const NoiseSchedule&, int steps) { return vp_sigmas(steps, 19.9, 0.1, 1e-3); }

}  // namespace pxf
