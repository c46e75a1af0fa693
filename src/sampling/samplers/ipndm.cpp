#include "ops/elementwise.h"
#include "sampling/samplers.h"
#include "sampling/samplers/multistep.h"

namespace pxf {

// Adams and Bashforth's method with the weights of equal steps, whatever the sigmas; of lower order at the start.
// Zhang and Chen 2023, "DEIS", section 4.3 (iPNDM); Liu et al. 2022 (PNDM).
Tensor sample_ipndm(const Denoise& denoise, Tensor x, const Sigmas& sigmas, const SamplerOptions& options,
                    const OnStep& on_step) {
  History slopes(options.order ? options.order : 4);
  for (std::size_t i = 0; i + 1 < sigmas.size(); ++i) {
    const Tensor denoised = denoise(x, sigmas[i]);
    slopes.push((x - denoised) / sigmas[i]);  // dx/dsigma
    const int order = sigmas[i + 1] == 0 ? 1 : slopes.size();
    x = x + slopes.sum(adams_bashforth(order)) * (sigmas[i + 1] - sigmas[i]);
    on_step(static_cast<int>(i), x, denoised);
  }
  return x;
}

// The same started by a step of Heun's, and of full order to the end. Liu et al. 2022, "Pseudo Numerical Methods",
// equations 12 and 13 with the starting step of CompVis' latent-diffusion; DDIM's transfer is Euler's step here.
Tensor sample_plms(const Denoise& denoise, Tensor x, const Sigmas& sigmas, const SamplerOptions& options,
                   const OnStep& on_step) {
  History slopes(options.order ? options.order : 4);
  for (std::size_t i = 0; i + 1 < sigmas.size(); ++i) {
    const double next = sigmas[i + 1], step = next - sigmas[i];
    const Tensor denoised = denoise(x, sigmas[i]);
    slopes.push((x - denoised) / sigmas[i]);  // dx/dsigma
    Tensor slope = slopes.sum(adams_bashforth(slopes.size()));
    if (i == 0 && next > 0) {
      const Tensor ahead = x + slope * step;
      slope = (slope + (ahead - denoise(ahead, next)) / next) * 0.5;
    }
    x = x + slope * step;
    on_step(static_cast<int>(i), x, denoised);
  }
  return x;
}

}  // namespace pxf
