// Guidance beyond one CFG scale: methods that lead a picture better, or keep a high scale from harming it. Each is off
// until it is given, and costs nothing then. docs/guidance.md says which to take when, what each costs, and what other
// programs call it.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "pixelforge/error.h"

namespace pxf {

/// When a method acts: where all bounds hold.
struct GuidanceInterval {
  double start = 0, end = 1;  // shares of the n steps: from step floor(start n), counted from 0, to before floor(end n)
  double sigma_start = std::numeric_limits<double>::infinity(), sigma_end = 0;  // noise levels, both included
};

/// A CFG scale for each step, in place of Request::cfg_scale; the last one goes on.
struct CfgSchedule {
  std::vector<double> scales = {};
};

/// The guided prediction gets the standard deviation of the one with the prompt, by a share `amount` of the way,
/// against the contrast that grows with the scale. Lin et al. 2024, section 3.4.
struct CfgRescale {
  double amount = 0.7;
};

/// Each channel of the guided latent in the range that it would have at a lower CFG scale, as the extension "Dynamic
/// Thresholding (CFG Scale Fix)" of A1111 and ComfyUI has it.
struct DynamicThresholding {
  double mimic_scale = 7;
  double percentile = 1;  // of the channel's values: those beyond it are clipped
};

/// Imagen's: the guided latent clipped to a quantile of its absolute values and divided by it, where that is more than
/// 1. Made for pixels; latents turn grey. Saharia et al. 2022, section 2.3.
struct ImagenThresholding {
  double ratio = 0.995;  // which quantile
  double max_value = 1;  // a larger one counts as this
};

/// APG: of the way from without the prompt to with it, the part along the picture, which is what oversaturates, is left
/// out. Sadat et al. 2025, algorithm 1.
struct AdaptiveProjection {
  double eta = 0;              // how much of that part stays; 1 is CFG
  double norm_threshold = 15;  // longest way a step may go; 0: any
  double momentum = 0;         // what goes on from earlier steps; the paper has -0.5 for 50 of them, too much for 10
};

/// CFG-Zero*: without the prompt, scaled to explain as much of with it as it can. Fan et al. 2025.
struct CfgZeroStar {
  int zero_init_steps = 0;  // first steps that leave the latent alone: for flow models, which start less surely
};

/// PAG: leads away from what the network says when the self-attention of `layers` sees each place alone. Once more
/// through the network. Ahn et al. 2024.
struct PerturbedAttention {
  double scale = 3;
  std::vector<std::string> layers = {"mid"};  // or "input.4", "output.3", "output.3.0"
  double adaptive_scale = 0;                  // diffusers': the scale falls by this for every timestep below 1000
  GuidanceInterval when = {};
};

/// SEG: the same where the queries are blurred. Hong 2024.
struct SmoothedEnergy {
  double scale = 3;
  double blur_sigma = std::numeric_limits<double>::infinity();  // places; above 9999: the mean of all
  std::vector<std::string> layers = {"mid"};
  GuidanceInterval when = {};
};

/// SLG: the same where the transformer blocks of `layers` are left out. Stability AI's for SD 3.5; in a UNet, as
/// diffusers' LayerSkipConfig does it.
struct SkipLayers {
  double scale = 2.8;
  std::vector<std::string> layers = {"mid"};
  GuidanceInterval when = {.start = 0.01, .end = 0.2};
};

/// Which of FreeU's forms.
enum class FreeUVersion : std::uint8_t {
  v1,  // ComfyUI's FreeU, and the authors': b1, s1 where features are 4 times the model's width, b2, s2 at 2 times
  v2,  // ComfyUI's FreeU_V2: the backbone's factor follows the mean of its features
  diffusers  // b1, s1 at the first resolution of the way up, b2, s2 at the second
};

/// FreeU: on the way up, half of the backbone's features is amplified and the skips' lowest frequencies are damped. No
/// further evaluation. Si et al. 2024.
struct FreeU {
  double b1 = 1.3, b2 = 1.4, s1 = 0.9, s2 = 0.2;
  FreeUVersion version = FreeUVersion::v2;
  GuidanceInterval when = {};
};

struct Guidance {
  std::optional<CfgSchedule> cfg = {};
  std::optional<GuidanceInterval> interval = {};  // of CFG; outside of it the prompt alone counts, in one evaluation
  std::optional<CfgRescale> rescale = {};
  std::optional<DynamicThresholding> dynthres = {};
  std::optional<ImagenThresholding> thresholding = {};
  std::optional<AdaptiveProjection> apg = {};  // not with cfg_zero
  std::optional<CfgZeroStar> cfg_zero = {};
  std::optional<PerturbedAttention> pag = {};
  std::optional<SmoothedEnergy> seg = {};
  std::optional<SkipLayers> slg = {};
  std::optional<FreeU> freeu = {};
};

/// Methods as text, as the program's --guidance, the C API and a picture's parameters have them: those of Guidance by
/// name, with settings in their order or by name, such as "pag:3,layers=mid+output.3; rescale:0.7; cfg:7x2,5,3".
/// Error: invalid_argument, with the nearest name.
Result<Guidance> parse_guidance(const std::string& text);
/// What parse_guidance reads as `guidance`; empty where nothing is given.
std::string to_text(const Guidance& guidance);

}  // namespace pxf
