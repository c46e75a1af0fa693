// What a network's output means, and so: what to feed it at a noise level, and the clean latent that it believes in.
// All are ways to write the same thing; a family names one and the samplers see only denoised = D(x, sigma).
#pragma once

#include <cstdint>

#include "tensor/tensor.h"

namespace pxf {

enum class Prediction : std::uint8_t {
  eps,   // the noise (Ho et al. 2020): SD 1.x, SDXL
  v,     // alpha eps - sigma x0 (Salimans and Ho 2022): SD 2.x at 768, many SDXL derivatives
  edm,   // Karras et al. 2022, table 1: Playground 2.5, with sigma_data 0.5
  x0,    // the clean latent itself
  flow,  // n - z on x = (1 - sigma) z + sigma n (Lipman et al. 2023): SD 3, FLUX
};

/// The factor on x, of whatever sigma, that makes the network's input.
/// `sigma_data`, here and below: the standard deviation of the latents as the model was trained on them.
double input_scale(Prediction prediction, double sigma, double sigma_data = 1);

/// The clean latent from the network's output; all of one shape.
Tensor denoised_from(Prediction prediction, const Tensor& output, Tensor x, double sigma, double sigma_data = 1);

/// What the network would have to say for `denoised` to be the clean latent; sigma above 0.
Tensor output_from(Prediction prediction, const Tensor& denoised, Tensor x, double sigma, double sigma_data = 1);

/// A latent with noise of standard normal numbers: z + sigma n, or (1 - sigma) z + sigma n of flow models.
Tensor noised(Prediction prediction, Tensor latent, const Tensor& noise, double sigma);

/// The factor on standard normal noise to start from nothing at the top of the schedule, sigma_max: sqrt(1 + sigma^2),
/// for x there has the latents' unit variance too; sigma of flow models. ComfyUI's "max denoise", diffusers'
/// init_noise_sigma.
double start_scale(Prediction prediction, double sigma);

}  // namespace pxf
