// The samplers: each walks x down a list of sigmas by asking, again and again, what the clean latent would be.
// A sampler knows nothing of models, guidance, prediction types, threads or previews: all that is inside the functions
// it is given. It keeps no state between calls; what throws in a given function passes through.
#pragma once

#include <functional>
#include <limits>
#include <span>
#include <string_view>

#include "base/error.h"
#include "sampling/sigmas.h"
#include "tensor/tensor.h"

namespace pxf {

/// The clean latent that the model believes in, given x with noise of standard deviation sigma; of x's shape.
using Denoise = std::function<Tensor(const Tensor& x, double sigma)>;

/// Standard normal numbers of x's shape and type, the next of the run. They stand for the noise between two sigmas:
/// a source of fresh numbers ignores that, one that cuts up a Brownian path needs it.
using Noise = std::function<Tensor(const Tensor& x, double from, double to)>;

/// Called after each step with its number from 0, x after it, and the denoised latent that led there (for previews).
using OnStep = std::function<void(int step, const Tensor& x, const Tensor& denoised)>;

/// A sampler's knobs, named as in k-diffusion. Each reads those that its method has.
struct SamplerOptions {
  Noise noise;         // must be set for samplers that draw
  double eta = 1;      // share of each step's noise that an ancestral sampler takes out and draws anew
  double s_noise = 1;  // factor on everything drawn
  double s_churn = 0;  // noise added before steps between s_tmin and s_tmax, spread over the run (Karras et al. 2022)
  double s_tmin = 0;
  double s_tmax = std::numeric_limits<double>::infinity();
  bool flow = false;  // x = (1 - sigma) z + sigma n, not z + sigma n
};

/// From x at sigmas[0] to the result at sigmas.back(); sigmas fall strictly. Fewer than two sigmas: x as it is.
using Sampler = Tensor(const Denoise& denoise, Tensor x, const Sigmas& sigmas, const SamplerOptions& options,
                       const OnStep& on_step);

Sampler sample_euler;
Sampler sample_euler_ancestral;
Sampler sample_dpmpp_2m;

struct SamplerEntry {
  std::string_view name;     // ComfyUI's
  std::string_view label;    // A1111's, for people and for a picture's parameters
  std::string_view aliases;  // of k-diffusion's users, diffusers, stable-diffusion.cpp; comma-separated
  Sampler* sample;
  bool draws_noise;  // with default options
};

std::span<const SamplerEntry> all_samplers() noexcept;

/// By any of its names, however spelled ("DPM++ 2M", "dpm++2m"). Error: invalid_argument, with the nearest name.
Result<const SamplerEntry*> find_sampler(std::string_view name);

}  // namespace pxf
