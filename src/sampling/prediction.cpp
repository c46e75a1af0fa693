#include "sampling/prediction.h"

#include <cmath>

#include "ops/elementwise.h"

namespace pxf {

double input_scale(Prediction prediction, double sigma, double sigma_data) {
  return prediction == Prediction::flow ? 1 : 1 / std::hypot(sigma, sigma_data);
}

Tensor denoised_from(Prediction prediction, const Tensor& output, Tensor x, double sigma, double sigma_data) {
  const double total = std::hypot(sigma, sigma_data);
  const double skip = sigma_data * sigma_data / (total * total);  // c_skip and c_out of Karras et al. 2022
  const double out = sigma * sigma_data / total;
  switch (prediction) {
    case Prediction::eps:
    case Prediction::flow: return weighted_sum(1, std::move(x), -sigma, output);
    case Prediction::v: return weighted_sum(skip, std::move(x), -out, output);
    case Prediction::edm: return weighted_sum(skip, std::move(x), out, output);
    case Prediction::x0: return output;
  }
  return output;
}

Tensor noised(Prediction prediction, Tensor latent, const Tensor& noise, double sigma) {
  return weighted_sum(prediction == Prediction::flow ? 1 - sigma : 1, std::move(latent), sigma, noise);
}

double start_scale(Prediction prediction, double sigma) {
  return prediction == Prediction::flow ? sigma : std::hypot(1, sigma);
}

}  // namespace pxf
