#include "ops/elementwise.h"
#include "sampling/samplers.h"

namespace pxf {

// Multistep consistency sampling: the denoised latent, noised to the next sigma. Song et al. 2023, algorithm 1;
// Luo et al. 2023, "Latent Consistency Models". Their boundary condition is the model's business; it changes 1e-6.
Tensor sample_lcm(const Denoise& denoise, Tensor x, const Sigmas& sigmas, const SamplerOptions& options,
                  const OnStep& on_step) {
  for (std::size_t i = 0; i + 1 < sigmas.size(); ++i) {
    const Tensor denoised = denoise(x, sigmas[i]);
    const double next = sigmas[i + 1];
    x = denoised;
    if (next > 0) {
      const Tensor noise = options.noise(x, sigmas[i], next);
      x = weighted_sum(options.flow ? 1 - next : 1, denoised, next * options.s_noise, noise);
    }
    on_step(static_cast<int>(i), x, denoised);
  }
  return x;
}

}  // namespace pxf
