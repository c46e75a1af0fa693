#include "sampling/samplers/scaled_flow.h"

#include <algorithm>

#include "ops/elementwise.h"
#include "sampling/samplers/schedule_of.h"

namespace pxf {

Tensor sample_scaled(Sampler& sampler, const Denoise& denoise, Tensor x, const Sigmas& sigmas,
                     const SamplerOptions& options, const OnStep& on_step) {
  if (!options.flow || sigmas.size() < 2) return sampler(denoise, std::move(x), sigmas, options, on_step);
  const auto share = [](double sigma) { return sigma / (1 + sigma); };  // s
  const auto signal = [](double sigma) { return 1 / (1 + sigma); };     // 1 - s

  Sigmas scaled;
  for (const double s : sigmas) scaled.push_back(s / (1 - s));
  if (sigmas[0] >= 1) {
    const double s = schedule_of(options).sigma_at(1e-4);
    scaled[0] = s / (1 - s);
  }
  SamplerOptions scaled_options = options;
  scaled_options.noise = [&](const Tensor& y, double from, double to) {
    return options.noise(y, share(from), share(to));
  };
  const Denoise scaled_denoise = [&](const Tensor& y, double sigma) {
    return denoise(y * signal(sigma), share(sigma));
  };
  const OnStep scaled_on_step = [&](int step, const Tensor& y, const Tensor& denoised) {
    const auto reached = std::min(static_cast<std::size_t>(step) + 1, scaled.size() - 1);
    on_step(step, y * signal(scaled[reached]), denoised);
  };
  x = sampler(scaled_denoise, std::move(x) * (1 + scaled[0]), scaled, scaled_options, scaled_on_step);
  return x * signal(scaled.back());
}

}  // namespace pxf
