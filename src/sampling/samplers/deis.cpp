#include <cmath>

#include "ops/elementwise.h"
#include "sampling/samplers.h"
#include "sampling/samplers/multistep.h"

namespace pxf {
namespace {

/// The variance-preserving schedule with log alpha(t) = -slope t^2 / 2 - first t whose sigma is 0.002 at t = 0.001 and
/// 80 at t = 1.
struct VpTime {
  double slope, first;

  VpTime() {
    constexpr double kStart = 1e-3;
    const double low = std::log(0.002 * 0.002 + 1), high = std::log(80.0 * 80.0 + 1);
    slope = 2 * (low / kStart - high) / (kStart - 1);
    first = high - slope / 2;
  }
  double of(double sigma) const {
    return (std::sqrt(first * first + 2 * slope * std::log(sigma * sigma + 1)) - first) / slope;
  }
  /// dx/dt by eps, in units of what carries x from one time to another.
  double rate(double t) const {
    const double alpha = std::exp(-slope * t * t / 2 - first * t);
    return (slope * t + first) / 2 / std::sqrt(alpha * (1 - alpha));
  }
};

/// Integrals of rate times the polynomials through the times of the last sigmas, as sums over 10,000 points with both
/// ends, as the reference has them.
std::vector<double> weights(const VpTime& time, const Sigmas& sigmas, std::size_t i, int order) {
  constexpr int kPoints = 10'000;
  std::vector<double> nodes = latest(sigmas, i, order);
  for (double& node : nodes) node = time.of(node);
  const double from = time.of(sigmas[i]), to = time.of(sigmas[i + 1]);
  std::vector<double> out(nodes.size());
  for (int p = 0; p < kPoints; ++p) {
    const double t = std::lerp(from, to, p / (kPoints - 1.0));
    const double area = time.rate(t) * (to - from) / kPoints;
    for (std::size_t j = 0; j < nodes.size(); ++j) out[j] += area * lagrange(nodes, j, t);
  }
  return out;
}

}  // namespace

// The noise continued by a polynomial in time, and the rest of the ODE integrated exactly.
// Zhang and Chen 2023, "Fast Sampling of Diffusion Models with Exponential Integrator", equation 15 (tAB-DEIS).
Tensor sample_deis(const Denoise& denoise, Tensor x, const Sigmas& sigmas, const SamplerOptions& options,
                   const OnStep& on_step) {
  const VpTime time;
  History slopes(options.order ? options.order : 3);
  for (std::size_t i = 0; i + 1 < sigmas.size(); ++i) {
    const Tensor denoised = denoise(x, sigmas[i]);
    slopes.push((x - denoised) / sigmas[i]);  // dx/dsigma, which is the noise
    if (slopes.size() == 1 || sigmas[i + 1] == 0) {
      x = x + slopes[0] * (sigmas[i + 1] - sigmas[i]);
    } else {
      x = x + slopes.sum(weights(time, sigmas, i, slopes.size()));
    }
    on_step(static_cast<int>(i), x, denoised);
  }
  return x;
}

}  // namespace pxf
