#include <algorithm>
#include <cmath>

#include "ops/elementwise.h"
#include "sampling/samplers.h"
#include "sampling/samplers/scaled_flow.h"

namespace pxf {
namespace {

/// How much noise the reverse SDE brings at a sigma; the paper's ER-SDE 5.
double noise_scale(double sigma) { return sigma * (std::exp(std::pow(sigma, 0.3)) + 10); }

/// Integral over (to, from) of f(sigma) / noise_scale(sigma) from 200 left points, as the reference has it.
template <class F>
double integral(double to, double from, const F& f) {
  constexpr int kPoints = 200;
  const double step = (from - to) / kPoints;
  double sum = 0;
  for (int k = 0; k < kPoints; ++k) {
    const double sigma = to + k * step;
    sum += f(sigma) / noise_scale(sigma);
  }
  return sum * step;
}

// Cui et al. 2023, "Elucidating the solution space of extended reverse-time SDE for diffusion models", algorithms 1 to
// 3 (VE ER-SDE-Solver), of order 3 once two steps have gone by.
Tensor er_sde(const Denoise& denoise, Tensor x, const Sigmas& sigmas, const SamplerOptions& options,
              const OnStep& on_step) {
  const int most = options.order ? options.order : 3;
  Tensor last, last_d;  // of the step before: denoised, and its derivative by sigma
  for (std::size_t i = 0; i + 1 < sigmas.size(); ++i) {
    const double from = sigmas[i], to = sigmas[i + 1];
    const Tensor denoised = denoise(x, from);
    if (to == 0) {
      x = denoised;
    } else {
      const double scale = noise_scale(to), r = scale / noise_scale(from);
      x = weighted_sum(r, std::move(x), 1 - r, denoised);
      const int order = std::min(most, static_cast<int>(i) + 1);
      if (order >= 2) {
        const double area = integral(to, from, [](double) { return 1; });
        const Tensor d = (denoised - last) / (from - sigmas[i - 1]);
        x = x + d * (to - from + area * scale);
        if (order >= 3) {
          const double moment = integral(to, from, [&](double sigma) { return sigma - from; });
          const Tensor d2 = (d - last_d) / ((from - sigmas[i - 2]) / 2);
          x = x + d2 * ((to - from) * (to - from) / 2 + moment * scale);
        }
        last_d = d;
      }
      const double up = std::sqrt(std::max(0.0, to * to - from * from * r * r));
      if (options.s_noise > 0) x = x + options.noise(x, from, to) * (up * options.s_noise);
    }
    on_step(static_cast<int>(i), x, denoised);
    last = denoised;
  }
  return x;
}

}  // namespace

Tensor sample_er_sde(const Denoise& denoise, Tensor x, const Sigmas& sigmas, const SamplerOptions& options,
                     const OnStep& on_step) {
  return sample_scaled(er_sde, denoise, std::move(x), sigmas, options, on_step);
}

}  // namespace pxf
