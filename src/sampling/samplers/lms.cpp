#include <cmath>

#include "ops/elementwise.h"
#include "sampling/samplers.h"
#include "sampling/samplers/multistep.h"

namespace pxf {
namespace {

/// Integrals from `from` to `to` of the polynomials through the nodes: exact, for Gauss's two points are so up to the
/// third degree.
std::vector<double> weights(const std::vector<double>& nodes, double from, double to) {
  const double middle = (from + to) / 2, half = (to - from) / 2, gauss = half / std::sqrt(3.0);
  std::vector<double> out;
  for (std::size_t j = 0; j < nodes.size(); ++j) {
    out.push_back(half * (lagrange(nodes, j, middle - gauss) + lagrange(nodes, j, middle + gauss)));
  }
  return out;
}

// The slopes of the last steps, continued by a polynomial: Adams and Bashforth's method for uneven steps.
// Katherine Crowson, k-diffusion sample_lms, 2022.
Tensor lms(const Denoise& denoise, Tensor x, const Sigmas& sigmas, const SamplerOptions& options, const OnStep& on_step,
           bool extrapolates_to_zero) {
  const int most = options.order ? options.order : 4;
  History slopes(most);
  for (std::size_t i = 0; i + 1 < sigmas.size(); ++i) {
    const Tensor denoised = denoise(x, sigmas[i]);
    slopes.push((x - denoised) / sigmas[i]);  // dx/dsigma
    if (sigmas[i + 1] == 0 && !extrapolates_to_zero) {
      x = denoised;
    } else {
      x = x + slopes.sum(weights(latest(sigmas, i, slopes.size()), sigmas[i], sigmas[i + 1]));
    }
    on_step(static_cast<int>(i), x, denoised);
  }
  return x;
}

}  // namespace

// As ComfyUI has it: what comes out last is the denoised latent.
Tensor sample_lms(const Denoise& denoise, Tensor x, const Sigmas& sigmas, const SamplerOptions& options,
                  const OnStep& on_step) {
  return lms(denoise, std::move(x), sigmas, options, on_step, false);
}

// As k-diffusion, A1111 and diffusers have it.
Tensor sample_k_lms(const Denoise& denoise, Tensor x, const Sigmas& sigmas, const SamplerOptions& options,
                    const OnStep& on_step) {
  return lms(denoise, std::move(x), sigmas, options, on_step, true);
}

}  // namespace pxf
