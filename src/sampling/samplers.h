// The samplers: each walks x down a list of sigmas by asking, again and again, what the clean latent would be.
// A sampler knows nothing of models, guidance, prediction types, threads or previews: all that is inside the functions
// it is given. It keeps no state between calls; what throws in a given function passes through.
#pragma once

#include <functional>
#include <limits>
#include <optional>
#include <span>
#include <string_view>

#include "base/error.h"
#include "sampling/sigmas.h"
#include "tensor/tensor.h"

namespace pxf {

/// The clean latent that the model believes in, given x with noise of standard deviation sigma; of x's shape.
using Denoise = std::function<Tensor(const Tensor& x, double sigma)>;

/// The same with guidance, and without the prompt: what CFG++ steps with (Chung et al. 2024).
struct Guided {
  Tensor denoised, uncond;
};
using DenoiseGuided = std::function<Guided(const Tensor& x, double sigma)>;

/// Standard normal numbers of x's shape and type, the next of the run. They stand for the noise between two sigmas:
/// a source of fresh numbers ignores that, one that cuts up a Brownian path needs it.
using Noise = std::function<Tensor(const Tensor& x, double from, double to)>;

/// Called after each step with its number from 0, x after it, and the denoised latent that led there (for previews).
/// Most samplers take sigmas.size() - 1 steps; dpm_fast, dpm_adaptive and restart choose their own.
using OnStep = std::function<void(int step, const Tensor& x, const Tensor& denoised)>;

/// A sampler's knobs, named as in k-diffusion. Each reads those that its method has; 0 or unset: the method's default.
struct SamplerOptions {
  Noise noise;                // must be set for samplers that draw
  std::optional<double> eta;  // share of each step's noise that is taken out and drawn anew
  double s_noise = 1;         // factor on everything drawn
  double s_churn = 0;  // noise added before steps between s_tmin and s_tmax, spread over the run (Karras et al. 2022)
  double s_tmin = 0;
  double s_tmax = std::numeric_limits<double>::infinity();
  bool flow = false;  // x = (1 - sigma) z + sigma n, not z + sigma n
  /// The model's, for methods that count in its time (TCD, SA-Solver, some at sigma 1 of a flow). Null: Stable
  /// Diffusion's, or a flow's without shift.
  const NoiseSchedule* schedule = nullptr;
  DenoiseGuided guided;               // must be set for CFG++ samplers, which ask it instead of `denoise`
  int order = 0;                      // the highest, 1 to 4, of methods that look back or have stages
  int corrector_order = 0;            // of SA-Solver
  bool simple = false;                // SA-Solver's second order by the short formulas of its appendix D
  double r = 0.5;                     // where in a step the second evaluation of dpmpp_sde and seeds_2 lies
  double gamma = 2;                   // weight of the new slope in gradient estimation
  double rtol = 0.05, atol = 0.0078;  // error that dpm_adaptive allows
};

/// From x at sigmas[0] to the result at sigmas.back(); sigmas fall strictly. Fewer than two sigmas: x as it is.
using Sampler = Tensor(const Denoise& denoise, Tensor x, const Sigmas& sigmas, const SamplerOptions& options,
                       const OnStep& on_step);

// First order, and Runge-Kutta methods of higher ones.
Sampler sample_euler, sample_heun, sample_heunpp2, sample_dpm_2, sample_dpm_fast, sample_dpm_adaptive, sample_restart;
// Ancestral ones: part of the noise is drawn anew.
Sampler sample_euler_ancestral, sample_dpm_2_ancestral, sample_dpmpp_2s_ancestral, sample_ddim, sample_lcm, sample_tcd;
// Multistep methods on dx/dsigma.
Sampler sample_lms, sample_k_lms, sample_plms, sample_ipndm, sample_ipndm_v, sample_deis, sample_gradient_estimation;
// Multistep methods on the denoised latent.
Sampler sample_dpmpp_2m, sample_uni_pc, sample_uni_pc_bh2, sample_res_multistep, sample_res_multistep_ancestral;
// Methods for the SDE.
Sampler sample_dpmpp_sde, sample_dpmpp_2m_sde, sample_dpmpp_2m_sde_heun, sample_dpmpp_3m_sde, sample_er_sde,
    sample_seeds_2, sample_seeds_3, sample_sa_solver, sample_sa_solver_pece;
// CFG++.
Sampler sample_euler_cfg_pp, sample_euler_ancestral_cfg_pp, sample_dpmpp_2s_ancestral_cfg_pp, sample_dpmpp_2m_cfg_pp,
    sample_res_multistep_cfg_pp, sample_res_multistep_ancestral_cfg_pp, sample_gradient_estimation_cfg_pp;

/// What a pipeline has to do for a sampler.
struct SamplerNeeds {
  bool noise = false;          // set options.noise: it draws, with default options
  bool brownian = false;       // from a Brownian path, as the references do by default (base/rng/brownian.h)
  bool uncond = false;         // set options.guided
  bool dropped_sigma = false;  // lay out one step more and leave out the sigma before the final 0 (make_sigmas)
  double guidance_factor = 1;  // multiply the CFG scale
};

/// How unlike each other a run's steps may be before a method's pictures come out broken, wherever it is implemented.
/// Sought with the starter at 20 steps and fewer; a step's length is its fall in log sigma unless said otherwise.
struct SamplerLimits {
  static constexpr double kNone = std::numeric_limits<double>::infinity();
  double last = kNone;     // of methods that stop at the last sigma above 0: that sigma
  double first = kNone;    // the first step's length
  double growth = kNone;   // a step's fall in sigma, in those of the step before
  double stretch = kNone;  // a step's length, times the same in lengths of the step before: how far it extrapolates
};

struct SamplerEntry {
  std::string_view name;     // ComfyUI's
  std::string_view label;    // A1111's, for people and for a picture's parameters
  std::string_view aliases;  // of k-diffusion's users, diffusers, stable-diffusion.cpp; comma-separated
  Sampler* sample;
  SamplerNeeds needs;
  SamplerLimits limits = {};
};

std::span<const SamplerEntry> all_samplers() noexcept;

/// By any of its names, however spelled ("DPM++ 2M", "dpm++2m"). Error: invalid_argument, with the nearest name.
Result<const SamplerEntry*> find_sampler(std::string_view name);

}  // namespace pxf
