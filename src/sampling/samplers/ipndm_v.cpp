#include "ops/elementwise.h"
#include "sampling/samplers.h"
#include "sampling/samplers/multistep.h"

namespace pxf {
namespace {

/// Weights of the slopes for uneven steps h (this one), h1, h2, h3 (the ones before): differences of first to third
/// order. As zju-pi's diff-sampler has them, pictures depend on it: Newton's series has (1 - a) b where `second` has
/// 1 - a b, and h2 / h3 where the last weight has h1 / h2.
std::vector<double> weights(const Sigmas& sigmas, std::size_t i, int order) {
  const double h = sigmas[i + 1] - sigmas[i];
  std::vector<double> w{1};
  if (order == 1) return w;
  const double h1 = sigmas[i] - sigmas[i - 1];
  w = {1 + h / h1 / 2, -h / h1 / 2};
  if (order == 2) return w;
  const double h2 = sigmas[i - 1] - sigmas[i - 2];
  const double a = h / (3 * (h + h1));
  const double second = (1 - a * h * (h + h1) / (h1 * (h1 + h2))) / 2;
  w = {w[0] + second, w[1] - (1 + h1 / h2) * second, second * h1 / h2};
  if (order == 3) return w;
  const double h3 = sigmas[i - 2] - sigmas[i - 3];
  const double q = h1 * (h1 + h2) / (h2 * (h2 + h3));
  const double third = ((1 - a) / 2 + (1 - h / (2 * (h + h1))) * h / (6 * (h + h1 + h2))) * h * (h + h1) *
                       (h + h1 + h2) / (h1 * (h1 + h2) * (h1 + h2 + h3));
  return {w[0] + third, w[1] - (1 + h1 / h2 + q) * third, w[2] + (h1 / h2 + q * (1 + h2 / h3)) * third,
          -third * q * h1 / h2};
}

}  // namespace

// iPNDM with weights for the steps as they are. Zhang and Chen 2023, "DEIS", in sigma as by Zhou et al. 2024.
Tensor sample_ipndm_v(const Denoise& denoise, Tensor x, const Sigmas& sigmas, const SamplerOptions& options,
                      const OnStep& on_step) {
  History slopes(options.order ? options.order : 4);
  for (std::size_t i = 0; i + 1 < sigmas.size(); ++i) {
    const Tensor denoised = denoise(x, sigmas[i]);
    slopes.push((x - denoised) / sigmas[i]);  // dx/dsigma
    const int order = sigmas[i + 1] == 0 ? 1 : slopes.size();
    x = x + slopes.sum(weights(sigmas, i, order)) * (sigmas[i + 1] - sigmas[i]);
    on_step(static_cast<int>(i), x, denoised);
  }
  return x;
}

}  // namespace pxf
