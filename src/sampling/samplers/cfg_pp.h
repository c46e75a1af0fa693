// Methods that exist with and without CFG++ are written once, for a denoised latent with guidance and one without.
// CFG++ (Chung et al. 2024) takes the noise to go on with from the latter: x' = denoised + sigma' (x - uncond) / sigma.
#pragma once

#include "sampling/samplers.h"

namespace pxf {

/// For the form without CFG++: both are the same.
inline DenoiseGuided both(const Denoise& denoise) {
  return [&denoise](const Tensor& x, double sigma) -> Guided {
    const Tensor denoised = denoise(x, sigma);
    return {denoised, denoised};
  };
}

/// For the form with it. Throws invalid_argument where the caller forgot.
inline const DenoiseGuided& guided_of(const SamplerOptions& options) {
  require(static_cast<bool>(options.guided),
          "[sampler] options.guided: got nothing, need the denoised latent with and without guidance for CFG++");
  return options.guided;
}

}  // namespace pxf
