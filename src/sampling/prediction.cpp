#include "sampling/prediction.h"

#include <cmath>

#include "ops/elementwise.h"

namespace pxf {
namespace {

/// c_skip and c_out of Karras et al. 2022: the clean latent is skip x + out F.
struct Parts {
  double skip, out;
};

Parts parts_of(Prediction prediction, double sigma, double sigma_data) {
  if (prediction == Prediction::eps || prediction == Prediction::flow) return {1, -sigma};
  if (prediction == Prediction::x0) return {0, 1};
  const double total = std::hypot(sigma, sigma_data);
  const double out = sigma * sigma_data / total;
  return {sigma_data * sigma_data / (total * total), prediction == Prediction::v ? -out : out};
}

}  // namespace

double input_scale(Prediction prediction, double sigma, double sigma_data) {
  return prediction == Prediction::flow ? 1 : 1 / std::hypot(sigma, sigma_data);
}

Tensor denoised_from(Prediction prediction, const Tensor& output, Tensor x, double sigma, double sigma_data) {
  if (prediction == Prediction::x0) return output;
  const auto [skip, out] = parts_of(prediction, sigma, sigma_data);
  return weighted_sum(skip, std::move(x), out, output);
}

Tensor output_from(Prediction prediction, const Tensor& denoised, Tensor x, double sigma, double sigma_data) {
  if (prediction == Prediction::x0) return denoised;
  const auto [skip, out] = parts_of(prediction, sigma, sigma_data);
  return weighted_sum(-skip / out, std::move(x), 1 / out, denoised);
}

Tensor noised(Prediction prediction, Tensor latent, const Tensor& noise, double sigma) {
  return weighted_sum(prediction == Prediction::flow ? 1 - sigma : 1, std::move(latent), sigma, noise);
}

double start_scale(Prediction prediction, double sigma) {
  return prediction == Prediction::flow ? sigma : std::hypot(1, sigma);
}

}  // namespace pxf
