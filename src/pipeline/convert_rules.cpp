#include "pipeline/convert_rules.h"

#include <algorithm>
#include <array>
#include <utility>

namespace pxf {
namespace {

using std::string_view;

constexpr std::array<string_view, 7> kTrainingBeginnings{
    "model_ema.", "optimizer", "lr_schedulers.", "callbacks.", "loops.", "first_stage_model.loss.", "loss."};
/// Whole names, or what stands behind the last dot. Diffusion's schedules follow from betas that every program knows.
constexpr std::array<string_view, 20> kConstants{"logit_scale",
                                                 "position_ids",
                                                 "betas",
                                                 "alphas_cumprod",
                                                 "alphas_cumprod_prev",
                                                 "sqrt_alphas_cumprod",
                                                 "sqrt_one_minus_alphas_cumprod",
                                                 "log_one_minus_alphas_cumprod",
                                                 "sqrt_recip_alphas_cumprod",
                                                 "sqrt_recipm1_alphas_cumprod",
                                                 "posterior_variance",
                                                 "posterior_log_variance_clipped",
                                                 "posterior_mean_coef1",
                                                 "posterior_mean_coef2",
                                                 "lvlb_weights",
                                                 "logvar",
                                                 "attn_mask",
                                                 "denoiser.sigmas",
                                                 "global_step",
                                                 "num_batches_tracked"};

// Parts whose precision shows.
constexpr std::array<string_view, 2> kPartBeginnings{"first_stage_model.", "vae."};
constexpr std::array<string_view, 34> kMarks{
    // text encoders: what words and places begin as, and what they end as
    "token_embedding", "position_embedding", "positional_embedding", "embed_tokens", "shared.weight", "class_embedding",
    "text_projection", "relative_attention_bias",
    // UNets: time, sizes, first and last convolution
    "time_embed.", "label_emb.", "time_embedding.", "add_embedding.", "input_blocks.0.", "conv_in.", "conv_out.",
    // transformers: the same
    "img_in.", "txt_in.", "time_in.", "vector_in.", "guidance_in.", "final_layer.", "x_embedder.", "t_embedder.",
    "y_embedder.", "pos_embed", "context_embedder.", "cap_embedder.", "patchify_proj.", "patch_embedding.",
    "text_embedding.", "time_projection.", "scale_shift_table", "register_tokens", ".modulation"};
constexpr std::array<string_view, 3> kLastLayers{"out.", "head.", "proj_out."};  // at the top of a network
constexpr std::int64_t kSmall = 1024;                                            // elements

constexpr std::array<std::pair<string_view, string_view>, 12> kArchitectures{{{"sd1", "sd1"},
                                                                              {"sd2", "sd2"},
                                                                              {"sdxl", "sdxl"},
                                                                              {"sd3", "sd3"},
                                                                              {"flux", "flux"},
                                                                              {"chroma", "flux"},
                                                                              {"auraflow", "aura"},
                                                                              {"ltx", "ltxv"},
                                                                              {"wan", "wan"},
                                                                              {"qwen-image", "qwen_image"},
                                                                              {"z-image", "lumina2"},
                                                                              {"lumina2", "lumina2"}}};

bool begins_with_any(string_view name, const auto& beginnings) {
  return std::ranges::any_of(beginnings, [name](string_view beginning) { return name.starts_with(beginning); });
}

string_view without(string_view name, string_view beginning) {
  return name.starts_with(beginning) ? name.substr(beginning.size()) : name;
}

}  // namespace

bool only_for_training(string_view name) noexcept {
  if (begins_with_any(name, kTrainingBeginnings)) return true;
  return std::ranges::any_of(kConstants, [name](string_view constant) {
    if (!name.ends_with(constant)) return false;
    return name.size() == constant.size() || name[name.size() - constant.size() - 1] == '.';
  });
}

bool bears_quantising(string_view name, const Shape& shape) noexcept {
  if (shape.rank() < 2 || shape.numel() <= kSmall || name.ends_with(".bias")) return false;
  if (begins_with_any(name, kPartBeginnings)) return false;
  if (begins_with_any(without(name, "model.diffusion_model."), kLastLayers)) return false;
  return std::ranges::none_of(kMarks, [name](string_view mark) { return name.find(mark) != string_view::npos; });
}

string_view gguf_architecture(string_view family) noexcept {
  const auto found =
      std::ranges::find_if(kArchitectures, [family](const auto& known) { return family.starts_with(known.first); });
  if (found != kArchitectures.end()) return found->second;
  return family.empty() ? "unknown" : family;
}

}  // namespace pxf
