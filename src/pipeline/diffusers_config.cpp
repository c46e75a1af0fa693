#include "pipeline/diffusers_config.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "base/error.h"
#include "models/text/clip.h"
#include "models/text/open_clip.h"
#include "models/unet/layout.h"
#include "models/vae/vae.h"
#include "text/clip_tokenizer.h"
#include "text/clip_vocabulary.h"

namespace pxf {
namespace {

using nlohmann::json;

// The release whose fields these are.
constexpr const char* kDiffusersVersion = "0.30.0";

std::int64_t groups_of(const Model& model) { return model.settings.group_norm_groups.value_or(unet::Hints().groups); }

/// One resolution of a UNet.
struct UnetLevel {
  std::int64_t width = 0, resnets = 0, depth = 0;
};

std::vector<UnetLevel> levels_of(const unet::Layout& layout) {
  std::vector<UnetLevel> out(1);
  for (const unet::Layout::Block& block : layout.down) {
    if (!block.resnet) {
      out.emplace_back();
      continue;
    }
    out.back().width = block.out;
    out.back().resnets += 1;
    out.back().depth = block.depth;
  }
  return out;
}

template <class Of>
json listed(const std::vector<UnetLevel>& levels, const Of& of) {
  json out = json::array();
  for (const UnetLevel& level : levels) out.push_back(of(level));
  return out;
}

json unet_config(const Model& model, const Catalog& file) {
  const DiffusersClass& there = model.family->diffusers;
  unet::Hints hints{.heads = there.heads, .head_width = there.head_width, .groups = groups_of(model)};
  if (model.settings.unet_heads) hints = {.heads = *model.settings.unet_heads, .groups = hints.groups};
  const unet::Layout layout = unet::read_layout(file, hints);
  const std::vector<UnetLevel> levels = levels_of(layout);
  const auto block = [](const char* plain, const char* crossed) {
    return [=](const UnetLevel& level) { return level.depth > 0 ? crossed : plain; };
  };
  json up = listed(levels, block("UpBlock2D", "CrossAttnUpBlock2D"));
  std::ranges::reverse(up);
  const TensorInfo* proj = file.source().find(file.prefix() + "middle_block.1.proj_in.weight");
  json out = {
      {"_class_name", "UNet2DConditionModel"},
      {"_diffusers_version", kDiffusersVersion},
      {"act_fn", "silu"},
      {"sample_size", model.preset.width / model.latent.factor},
      {"in_channels", layout.in_channels},
      {"out_channels", layout.out_channels},
      {"block_out_channels", listed(levels, [](const UnetLevel& level) { return level.width; })},
      {"layers_per_block", listed(levels, [](const UnetLevel& level) { return level.resnets; })},
      {"down_block_types", listed(levels, block("DownBlock2D", "CrossAttnDownBlock2D"))},
      {"up_block_types", std::move(up)},
      {"mid_block_type", "UNetMidBlock2DCrossAttn"},
      {"cross_attention_dim", layout.context},
      // Heads, in spite of the name: their width is found by division.
      {"attention_head_dim", listed(levels, [&](const UnetLevel& level) { return hints.heads_of(level.width); })},
      {"transformer_layers_per_block",
       listed(levels, [](const UnetLevel& level) { return std::max<std::int64_t>(1, level.depth); })},
      {"use_linear_projection", proj != nullptr && proj->shape.rank() == 2},
      {"norm_num_groups", hints.groups},
      {"norm_eps", 1e-5},
      {"flip_sin_to_cos", true},
      {"freq_shift", 0}};
  if (layout.vector > 0) {
    out["addition_embed_type"] = "text_time";
    out["addition_time_embed_dim"] = 256;
    out["projection_class_embeddings_input_dim"] = layout.vector;
  }
  return out;
}

std::vector<std::int64_t> widths_of(const vae::HalfLayout& half) {
  std::vector<std::int64_t> out;
  for (const vae::HalfLayout::Level& level : half.levels) out.push_back(level.widths.back());
  return out;
}

json vae_config(const Model& model, const Catalog& file) {
  const vae::Layout layout = vae::read_layout(file, groups_of(model));
  if (!layout.encoder || widths_of(*layout.encoder) != widths_of(layout.decoder)) {
    fail(ErrorCode::unsupported, "the VAE: diffusers takes one with two sides of the same widths, got {}",
         layout.encoder ? "others on the way back" : "a decoder alone");
  }
  const std::vector<std::int64_t> widths = widths_of(layout.decoder);
  json out = {{"_class_name", "AutoencoderKL"},
              {"_diffusers_version", kDiffusersVersion},
              {"act_fn", "silu"},
              {"in_channels", 3},
              {"out_channels", 3},
              {"latent_channels", layout.latent_channels},
              {"block_out_channels", widths},
              {"down_block_types", std::vector<std::string>(widths.size(), "DownEncoderBlock2D")},
              {"up_block_types", std::vector<std::string>(widths.size(), "UpDecoderBlock2D")},
              {"layers_per_block", std::ssize(layout.encoder->levels.front().widths)},
              {"norm_num_groups", layout.groups},
              {"use_quant_conv", layout.quant},
              {"use_post_quant_conv", layout.quant},
              {"sample_size", model.preset.width},
              {"scaling_factor", model.latent.scale}};
  if (!model.latent.channel_means.empty()) {
    out["latents_mean"] = model.latent.channel_means;
    out["latents_std"] = model.latent.channel_deviations;
  }
  return out;
}

json text_config(const Model& model, const DiffusersPart& part, bool projects) {
  const std::int64_t heads = model.settings.text_heads.value_or(0);
  const text::Layout layout =
      part.open_clip ? text::read_open_clip_layout(part.original, heads) : text::read_clip_layout(part.original, heads);
  // SD 2 was trained on the last layer but one, and diffusers has no word for that: the last is there, and not used.
  const std::int64_t unused = part.folder == "text_encoder" && part.open_clip ? model.family->text.clip_skip - 1 : 0;
  return {{"architectures", {projects ? "CLIPTextModelWithProjection" : "CLIPTextModel"}},
          {"model_type", "clip_text_model"},
          {"vocab_size", layout.vocabulary},
          {"hidden_size", layout.width},
          {"intermediate_size", layout.hidden},
          {"num_hidden_layers", layout.layers - unused},
          {"num_attention_heads", layout.heads},
          {"max_position_embeddings", layout.positions},
          {"projection_dim", part.original.dim("text_projection", 1).value_or(layout.width)},
          {"hidden_act", part.open_clip ? "gelu" : "quick_gelu"},
          {"layer_norm_eps", 1e-5},
          {"bos_token_id", ClipTokenizer::kBegin},
          {"eos_token_id", 2},  // "the place of the highest id", whatever the vocabulary
          {"pad_token_id", part.open_clip ? 0 : 1}};
}

json token(const std::string& text) {
  return {{"content", text}, {"lstrip", false}, {"normalized", true}, {"rstrip", false}, {"single_word", false}};
}

void add_tokenizer(const std::string& folder, bool open_clip, std::map<std::string, std::string>& into) {
  const std::string begin = "<|startoftext|>", end = "<|endoftext|>", padding = open_clip ? "!" : end;
  into[folder + "/vocab.json"] = clip_vocabulary_json();
  into[folder + "/merges.txt"] = clip_merges_text();
  into[folder + "/special_tokens_map.json"] =
      json({{"bos_token", token(begin)}, {"eos_token", token(end)}, {"unk_token", token(end)}, {"pad_token", padding}})
          .dump(2);
  into[folder + "/tokenizer_config.json"] = json({{"tokenizer_class", "CLIPTokenizer"},
                                                  {"model_max_length", 77},
                                                  {"do_lower_case", true},
                                                  {"add_prefix_space", false},
                                                  {"bos_token", token(begin)},
                                                  {"eos_token", token(end)},
                                                  {"unk_token", token(end)},
                                                  {"pad_token", padding}})
                                                .dump(2);
}

json scheduler_config(const Model& model) {
  json out = {{"_diffusers_version", kDiffusersVersion}, {"num_train_timesteps", 1000}};
  if (model.prediction == Prediction::edm) {
    out["_class_name"] = "EDMDPMSolverMultistepScheduler";
    out["sigma_data"] = model.sigma_data;
    out["sigma_min"] = model.noise.sigma_min();
    out["sigma_max"] = model.noise.sigma_max();
    out["prediction_type"] = "epsilon";
    return out;
  }
  const bool from_noise_alone = model.settings.zero_terminal_snr;
  out["_class_name"] = "EulerDiscreteScheduler";
  out["beta_start"] = 0.00085;
  out["beta_end"] = 0.012;
  out["beta_schedule"] = "scaled_linear";
  out["prediction_type"] = model.prediction == Prediction::v ? "v_prediction" : "epsilon";
  out["rescale_betas_zero_snr"] = from_noise_alone;
  out["timestep_spacing"] = from_noise_alone ? "trailing" : "leading";
  out["steps_offset"] = 1;
  return out;
}

}  // namespace

std::map<std::string, std::string> diffusers_configs(const Model& model, std::span<const DiffusersPart> parts) {
  std::map<std::string, std::string> out;
  json index = {{"_class_name", model.family->diffusers.pipeline}, {"_diffusers_version", kDiffusersVersion}};
  const bool two_texts = std::ranges::any_of(parts, [](const auto& part) { return part.folder == "text_encoder_2"; });
  for (const DiffusersPart& part : parts) {
    json config;
    if (part.folder == "unet") {
      config = unet_config(model, part.original);
      index["unet"] = {"diffusers", "UNet2DConditionModel"};
    } else if (part.folder == "vae") {
      config = vae_config(model, part.original);
      index["vae"] = {"diffusers", "AutoencoderKL"};
    } else {
      const bool projects = part.folder == "text_encoder_2";
      config = text_config(model, part, projects);
      index[part.folder] = {"transformers", projects ? "CLIPTextModelWithProjection" : "CLIPTextModel"};
      const std::string tokenizer = projects ? "tokenizer_2" : "tokenizer";
      index[tokenizer] = {"transformers", "CLIPTokenizer"};
      add_tokenizer(tokenizer, part.open_clip, out);
    }
    out[part.folder + "/config.json"] = config.dump(2);
  }
  index["scheduler"] = {"diffusers", scheduler_config(model)["_class_name"]};
  out["scheduler/scheduler_config.json"] = scheduler_config(model).dump(2);
  if (two_texts) {
    index["force_zeros_for_empty_prompt"] = model.family->text.zero_empty_negative;
  } else {
    index["safety_checker"] = index["feature_extractor"] = {nullptr, nullptr};
    index["requires_safety_checker"] = false;
  }
  out["model_index.json"] = index.dump(2);
  return out;
}

}  // namespace pxf
