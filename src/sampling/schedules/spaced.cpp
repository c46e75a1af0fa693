// diffusers' ways to choose whole timesteps of the table.
#include <algorithm>
#include <cmath>

#include "sampling/schedules/schedules.h"

namespace pxf {
namespace {

double row(const NoiseSchedule& noise, double timestep) {
  const auto table = noise.sigmas();
  return table[static_cast<std::size_t>(std::clamp(timestep, 0.0, static_cast<double>(table.size() - 1)))];
}

}  // namespace

// From the top down in equal strides, rounded, so that the first is the noisiest row: what zero-SNR and distilled
// models need (Lin et al. 2024, section 3.3). Forge's Turbo.
Sigmas trailing_schedule(const NoiseSchedule& noise, int steps) {
  const double rows = static_cast<double>(noise.sigmas().size());
  Sigmas sigmas;
  for (int i = 0; i < steps; ++i) sigmas.push_back(row(noise, std::nearbyint(rows - i * rows / steps) - 1));
  sigmas.push_back(0);
  return sigmas;
}

// From row 1 up in whole strides: Stable Diffusion's own in diffusers (steps_offset 1).
Sigmas leading_schedule(const NoiseSchedule& noise, int steps) {
  const int stride = static_cast<int>(noise.sigmas().size()) / steps;
  Sigmas sigmas;
  for (int i = steps - 1; i >= 0; --i) sigmas.push_back(row(noise, i * stride + 1));
  sigmas.push_back(0);
  return sigmas;
}

// Of the 50 timesteps that a consistency model was distilled at. Luo et al. 2023, "Latent Consistency Models".
Sigmas lcm_schedule(const NoiseSchedule& noise, int steps) {
  constexpr int kDistilled = 50;
  const int stride = static_cast<int>(noise.sigmas().size()) / kDistilled;
  Sigmas sigmas;
  for (int i = 0; i < steps; ++i) {
    const int skipped = static_cast<int>(static_cast<double>(i) * kDistilled / steps);
    sigmas.push_back(row(noise, (kDistilled - skipped) * stride - 1));
  }
  sigmas.push_back(0);
  return sigmas;
}

// Equal steps of a flow's time from the top to 0, shifted once. Black Forest Labs' FLUX, sampling.py.
Sigmas flow_uniform_schedule(const NoiseSchedule& noise, int steps) {
  Sigmas sigmas;
  for (int i = 0; i < steps; ++i) sigmas.push_back(noise.sigma_at(static_cast<double>(i) / steps));
  sigmas.push_back(0);
  return sigmas;
}

}  // namespace pxf
