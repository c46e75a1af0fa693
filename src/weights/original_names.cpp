#include "weights/original_names.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "formats/in_quotes.h"
#include "weights/catalog.h"
#include "weights/name_pairs.h"

namespace pxf {
namespace {

using nlohmann::json;
using Pair = ModulePair;

template <class Pairs>
std::string_view first_for(const Pairs& pairs, std::string_view second) {
  for (const auto& [original, other] : pairs) {
    if (other == second) return original;
  }
  return {};
}

// "resnets.1.conv1.weight" at "resnets" -> 1, and "conv1.weight" is left. Nothing when the words do not follow.
std::optional<std::int64_t> take_number(std::string_view& name, std::string_view list) {
  if (!name.starts_with(list)) return std::nullopt;
  std::int64_t number = 0;
  const char *begin = name.data() + list.size(), *last = name.data() + name.size();
  const auto [end, wrong] = std::from_chars(begin, last, number);
  if (wrong != std::errc() || end == last || *end != '.' || number < 0 || number > 1000) return std::nullopt;
  name.remove_prefix(static_cast<std::size_t>(end - name.data()) + 1);
  return number;
}

// The module's name by the pairs, with the parameter's name ("weight") behind it; empty when no pair has it.
template <class Pairs>
std::string renamed(const Pairs& pairs, std::string_view name) {
  const std::size_t dot = name.rfind('.');
  if (dot == name.npos) return {};
  const std::string_view original = first_for(pairs, name.substr(0, dot));
  return original.empty() ? std::string() : fmt::format("{}{}", original, name.substr(dot));
}

/// A UNet's blocks are one list in the original: a level's resnets, then what changes the size.
class UnetNames {
 public:
  explicit UnetNames(const Catalog& unet) : unet_(unet) {
    down_.push_back(1);  // 0 is the first convolution
    for (std::int64_t level = 0; unet.has_any(fmt::format("down_blocks.{}.", level)); ++level) {
      const std::string at = fmt::format("down_blocks.{}.", level);
      down_.push_back(down_.back() + unet.count(at + "resnets") + (unet.has_any(at + "downsamplers.") ? 1 : 0));
    }
    up_.push_back(0);
    for (std::int64_t level = 0; unet.has_any(fmt::format("up_blocks.{}.", level)); ++level) {
      up_.push_back(up_.back() + unet.count(fmt::format("up_blocks.{}.resnets", level)));
    }
  }

  std::string operator()(std::string_view name) const {
    std::string_view rest = name;
    if (const auto level = take_number(rest, "down_blocks."); level && *level + 1 < std::ssize(down_)) {
      return in_down(*level, rest);
    }
    if (const auto level = take_number(rest, "up_blocks."); level && *level + 1 < std::ssize(up_)) {
      return in_up(*level, rest);
    }
    if (name.starts_with("mid_block.")) return in_middle(name.substr(std::strlen("mid_block.")));
    return renamed(kUnetEnds, name);
  }

 private:
  static std::string at(std::string_view list, std::int64_t block, std::int64_t place, std::string_view rest) {
    return rest.empty() ? std::string() : fmt::format("{}.{}.{}.{}", list, block, place, rest);
  }

  std::string in_down(std::int64_t level, std::string_view rest) const {
    const std::int64_t begin = down_[static_cast<std::size_t>(level)];
    if (const auto k = take_number(rest, "resnets.")) {
      return at("input_blocks", begin + *k, 0, renamed(kUnetResnet, rest));
    }
    if (const auto k = take_number(rest, "attentions.")) return at("input_blocks", begin + *k, 1, rest);
    if (!rest.starts_with("downsamplers.0.conv.")) return {};
    return at("input_blocks", down_[static_cast<std::size_t>(level) + 1] - 1, 0, "op" + std::string(rest.substr(19)));
  }

  std::string in_up(std::int64_t level, std::string_view rest) const {
    const std::int64_t begin = up_[static_cast<std::size_t>(level)];
    if (const auto k = take_number(rest, "resnets.")) {
      return at("output_blocks", begin + *k, 0, renamed(kUnetResnet, rest));
    }
    if (const auto k = take_number(rest, "attentions.")) return at("output_blocks", begin + *k, 1, rest);
    if (!rest.starts_with("upsamplers.0.conv.")) return {};
    const bool attends = unet_.has_any(fmt::format("up_blocks.{}.attentions.", level));
    return at("output_blocks", up_[static_cast<std::size_t>(level) + 1] - 1, attends ? 2 : 1,
              "conv" + std::string(rest.substr(17)));
  }

  static std::string in_middle(std::string_view rest) {  // resnet, attention, resnet, ...
    if (const auto k = take_number(rest, "resnets.")) {
      const std::string inner = renamed(kUnetResnet, rest);
      return inner.empty() ? inner : fmt::format("middle_block.{}.{}", 2 * *k, inner);
    }
    const auto k = take_number(rest, "attentions.");
    return k ? fmt::format("middle_block.{}.{}", 2 * *k + 1, rest) : std::string();
  }

  Catalog unet_;
  std::vector<std::int64_t> down_, up_;  // where each level begins; the end of the last one
};

/// The decoder's levels are counted from the other end.
class VaeNames {
 public:
  explicit VaeNames(const Catalog& vae) : levels_(vae.count("decoder.up_blocks")) {}

  std::string operator()(std::string_view name) const {
    if (name.starts_with("quant_conv.") || name.starts_with("post_quant_conv.")) return std::string(name);
    for (const std::string_view side : {"encoder.", "decoder."}) {
      if (!name.starts_with(side)) continue;
      const std::string inner = in_side(name.substr(side.size()));
      return inner.empty() ? inner : std::string(side) + inner;
    }
    return {};
  }

 private:
  std::string in_side(std::string_view rest) const {
    if (const auto level = take_number(rest, "down_blocks.")) return in_level("down", *level, "downsample", rest);
    if (const auto level = take_number(rest, "up_blocks."); level && *level < levels_) {
      return in_level("up", levels_ - 1 - *level, "upsample", rest);
    }
    if (!rest.starts_with("mid_block.")) return renamed(kVaeEnds, rest);
    rest.remove_prefix(std::strlen("mid_block."));
    if (const auto k = take_number(rest, "resnets.")) return prefixed("mid.block", *k + 1, renamed(kVaeResnet, rest));
    const auto k = take_number(rest, "attentions.");
    return k ? prefixed("mid.attn", *k + 1, renamed(kVaeAttention, rest)) : std::string();
  }

  static std::string prefixed(std::string_view part, std::int64_t number, const std::string& inner) {
    return inner.empty() ? inner : fmt::format("{}_{}.{}", part, number, inner);
  }

  static std::string in_level(std::string_view list, std::int64_t level, std::string_view sampler,
                              std::string_view rest) {
    if (const auto k = take_number(rest, "resnets.")) {
      const std::string inner = renamed(kVaeResnet, rest);
      return inner.empty() ? inner : fmt::format("{}.{}.block.{}.{}", list, level, *k, inner);
    }
    const std::string from = fmt::format("{}rs.0.", sampler);
    return rest.starts_with(from) ? fmt::format("{}.{}.{}.{}", list, level, sampler, rest.substr(from.size()))
                                  : std::string();
  }

  std::int64_t levels_;
};

/// What a tensor is in the original checkpoint.
struct Place {
  std::string name;         // empty: it keeps its own
  int row_part = 0;         // q, k and v are 0, 1 and 2 of one tensor
  bool transposed = false;  // of a matrix
  bool as_kernel = false;   // a matrix that is a 1x1 convolution there
};

Place open_clip_place(std::string_view name) {
  if (name == "text_projection.weight") return {.name = "text_projection", .transposed = true};
  if (!name.starts_with("text_model.")) return {};
  name.remove_prefix(std::strlen("text_model."));
  if (name == "embeddings.token_embedding.weight") return {.name = "token_embedding.weight"};
  if (name == "embeddings.position_embedding.weight") return {.name = "positional_embedding"};
  if (name.starts_with("final_layer_norm.")) return {.name = "ln_final" + std::string(name.substr(16))};
  const auto layer = take_number(name, "encoder.layers.");
  if (!layer) return {};
  const std::string at = fmt::format("transformer.resblocks.{}.", *layer);
  for (int part = 0; part < 3; ++part) {
    const std::string beginning = fmt::format("self_attn.{}_proj.", "qkv"[part]);
    if (name.starts_with(beginning)) {
      return {.name = fmt::format("{}attn.in_proj_{}", at, name.substr(beginning.size())), .row_part = part};
    }
  }
  const std::string inner = renamed(kTextLayer, name);
  return {.name = inner.empty() ? inner : at + inner};
}

/// Whether a text encoder is OpenCLIP's: transformers has one class for both.
bool is_open_clip(const Catalog& all, const std::string& part) {
  const json config = json::parse(all.metadata(part + "/config.json"), nullptr, false);
  if (config.is_object() && config.contains("hidden_act")) return config["hidden_act"] == "gelu";
  for (const char* inner : {".text_model.", "."}) {
    const auto width = all.dim(part + inner + "embeddings.token_embedding.weight", 1);
    if (width) return *width > 768;
  }
  return false;
}

class Places {
 public:
  explicit Places(const Catalog& all)
      : all_(all),
        unet_part_(all.has("unet.conv_in.weight") ? "unet." : ""),
        vae_part_(all.has_any("vae.") ? "vae." : ""),
        unet_(all.under("unet").empty() ? all : all.under("unet")),
        vae_(all.under("vae").empty() ? all : all.under("vae")) {
    const bool first = all.has_any("text_encoder."), second = all.has_any("text_encoder_2.");
    if (second) {
      add_text("text_encoder", "conditioner.embedders.0");
      add_text("text_encoder_2", first ? "conditioner.embedders.1" : "conditioner.embedders.0");
    } else if (first) {
      add_text("text_encoder", "cond_stage_model");
    }
  }

  /// Whether this is what diffusers writes of the models that are known here.
  static bool apply_to(const Catalog& all) {
    if (all.has_any("controlnet_cond_embedding.")) return false;
    const bool unet = all.has("unet.conv_in.weight") || all.has("conv_in.weight");
    return (unet && (all.has_any("unet.up_blocks.") || all.has_any("up_blocks."))) ||
           all.has_any("decoder.up_blocks.") || all.has_any("encoder.down_blocks.");
  }

  Place operator()(std::string_view name) const {
    for (const Text& text : texts_) {
      if (name.starts_with(text.from)) return in_text(text, name.substr(text.from.size()));
    }
    if (name.starts_with(vae_part_)) {
      if (const std::string inner = vae_(name.substr(vae_part_.size())); !inner.empty()) {
        return {.name = "first_stage_model." + inner, .as_kernel = inner.find("attn_") != inner.npos};
      }
    }
    if (!name.starts_with(unet_part_)) return {};
    const std::string inner = unet_(name.substr(unet_part_.size()));
    return {.name = inner.empty() ? inner : "model.diffusion_model." + inner};
  }

 private:
  struct Text {
    std::string from, to;
    bool open_clip;
  };

  void add_text(const std::string& part, const std::string& to) {
    const bool open_clip = is_open_clip(all_, part);
    texts_.push_back({part + ".", to + (open_clip ? ".model." : ".transformer."), open_clip});
  }

  static Place in_text(const Text& text, std::string_view given) {
    const bool whole = given.starts_with("text_model.") || given.starts_with("text_projection.");
    const std::string name = (whole ? "" : "text_model.") + std::string(given);  // transformers 5 leaves it out
    Place place = text.open_clip ? open_clip_place(name) : Place{.name = name};
    if (!place.name.empty()) place.name = text.to + place.name;
    return place;
  }

  const Catalog& all_;
  std::string unet_part_, vae_part_;
  UnetNames unet_;
  VaeNames vae_;
  std::vector<Text> texts_;
};

/// A tensor under its original name, of one or three of the source's.
struct Original {
  TensorInfo info;
  std::vector<const TensorInfo*> rows;
  bool transposed = false;
};

class OriginalNames final : public TensorSource {
 public:
  OriginalNames(std::shared_ptr<const TensorSource> source, std::vector<TensorInfo> infos,
                std::vector<Original> tensors, Metadata metadata)
      : TensorSource(source->name(), source->format(), std::move(infos), std::move(metadata)),
        source_(std::move(source)),
        tensors_(std::move(tensors)) {}

  std::string stamp() const override { return source_->stamp(); }

 private:
  Bytes bytes_at(std::size_t index) const override {
    const Original& tensor = tensors_[index];
    if (tensor.rows.size() == 1 && !tensor.transposed) return source_->bytes(tensor.rows[0]->name);
    std::lock_guard lock(mutex_);
    std::vector<std::byte>& made = made_[index];
    if (made.empty()) made = tensor.transposed ? transposed(*tensor.rows[0]) : joined(tensor);
    return made;
  }

  void release_pages_at(std::size_t index) const noexcept override {
    for (const TensorInfo* part : tensors_[index].rows) source_->release_pages(part->name);
  }

  std::vector<std::byte> joined(const Original& tensor) const {
    std::vector<std::byte> out;
    for (const TensorInfo* part : tensor.rows) {
      const Bytes bytes = source_->bytes(part->name);
      out.insert(out.end(), bytes.begin(), bytes.end());
    }
    return out;
  }

  std::vector<std::byte> transposed(const TensorInfo& matrix) const {
    const Bytes from = source_->bytes(matrix.name);
    const auto rows = static_cast<std::size_t>(matrix.shape.dim(0));
    const auto columns = static_cast<std::size_t>(matrix.shape.dim(1)), size = from.size() / (rows * columns);
    std::vector<std::byte> out(from.size());
    for (std::size_t i = 0; i < rows; ++i) {
      for (std::size_t j = 0; j < columns; ++j) {
        std::memcpy(out.data() + (j * rows + i) * size, from.data() + (i * columns + j) * size, size);
      }
    }
    return out;
  }

  std::shared_ptr<const TensorSource> source_;
  std::vector<Original> tensors_;
  mutable std::mutex mutex_;
  mutable std::map<std::size_t, std::vector<std::byte>> made_;  // guarded by the mutex; what is there stays
};

// Three parts' rows follow each other, whatever the order of the file.
std::vector<Original> originals_of(const TensorSource& source, const Catalog& all) {
  const Places place_of(all);
  std::vector<Original> out;
  std::map<std::string, std::array<const TensorInfo*, 3>> fused;
  for (const TensorInfo& info : source.tensors()) {
    const Place place = place_of(info.name);
    const bool in_three = place.name.find("attn.in_proj_") != place.name.npos;
    if (in_three) fused[place.name][static_cast<std::size_t>(place.row_part)] = &info;
    if (in_three && place.row_part != 0) continue;
    Original one{{place.name.empty() ? info.name : place.name, info.dtype, info.shape}, {&info}};
    const bool is_matrix = info.shape.rank() == 2;
    if (place.transposed && is_matrix && block_elements(info.dtype) == 1) {
      one.transposed = true;
      one.info.shape = Shape{info.shape.dim(1), info.shape.dim(0)};
    }
    if (place.as_kernel && is_matrix) one.info.shape = Shape{info.shape.dim(0), info.shape.dim(1), 1, 1};
    out.push_back(std::move(one));
  }
  for (Original& one : out) {
    const auto parts = fused.find(one.info.name);
    if (parts == fused.end()) continue;
    for (int part = 1; part < 3; ++part) {
      const TensorInfo* next = parts->second[static_cast<std::size_t>(part)];
      if (next == nullptr || next->dtype != one.info.dtype || next->shape != one.rows[0]->shape) {
        throw Failure(Error{ErrorCode::bad_file,
                            fmt::format("tensor {}: has no {} beside it of the same type and shape; the file is "
                                        "damaged: download or copy it again",
                                        in_quotes(one.rows[0]->name), part == 1 ? "k" : "v"),
                            source.name()});
      }
      one.rows.push_back(next);
    }
    one.info.shape = one.info.shape.with(0, 3 * one.info.shape.dim(0));
  }
  return out;
}

// What diffusers' config files say, in the words that settings.cpp reads.
TensorSource::Metadata metadata_of(const TensorSource& source) {
  TensorSource::Metadata out = source.metadata();
  const auto config = [&](const char* file) {
    const auto at = out.find(file);
    const json value = at == out.end() ? json() : json::parse(at->second, nullptr, false);
    return value.is_object() ? value : json::object();
  };
  // In a folder of its own, a part's file has no folder in its name.
  const auto part = [&](const char* file, const char* type) {
    const json alone = config("config.json");
    return alone.value("_class_name", json()) == type ? alone : config(file);
  };
  const json scheduler = config("scheduler/scheduler_config.json"), text = config("text_encoder/config.json"),
             unet = part("unet/config.json", "UNet2DConditionModel"), vae = part("vae/config.json", "AutoencoderKL");
  const auto say = [&](const char* key, const json& value) {
    if (!value.is_null()) out.try_emplace(key, value.is_string() ? value.get<std::string>() : value.dump());
  };
  const auto number = [](const json& object, const char* key) {
    return object.contains(key) && object[key].is_number() ? object[key] : json();
  };
  // Whatever it says of its prediction: what it does with the output is another matter.
  if (scheduler.value("_class_name", std::string()).starts_with("EDM")) say("modelspec.prediction_type", "edm");
  if (scheduler.value("prediction_type", json()) == "v_prediction") say("modelspec.prediction_type", "v");
  if (scheduler.value("prediction_type", json()) == "epsilon") say("modelspec.prediction_type", "epsilon");
  if (scheduler.value("rescale_betas_zero_snr", json()) == true) say("pixelforge.zero_terminal_snr", "true");
  say("pixelforge.group_norm_groups", number(unet.empty() ? vae : unet, "norm_num_groups"));
  say("pixelforge.vae_scale_factor", number(vae, "scaling_factor"));
  for (const auto& [there, here] : {std::pair("latents_mean", "pixelforge.latent_means"),
                                    std::pair("latents_std", "pixelforge.latent_deviations")}) {
    if (vae.contains(there) && vae[there].is_array()) say(here, vae[there]);
  }
  json heads = json::object();  // diffusers calls the number of heads attention_head_dim
  for (const char* key : {"num_attention_heads", "attention_head_dim"}) {
    if (!heads.contains("unet") && number(unet, key).is_number_integer()) heads["unet"] = unet[key];
  }
  if (number(text, "num_attention_heads").is_number_integer()) heads["text_encoder"] = text["num_attention_heads"];
  if (heads.contains("unet")) say("pixelforge.attention_heads", heads);
  return out;
}

}  // namespace

std::shared_ptr<const TensorSource> with_original_names(std::shared_ptr<const TensorSource> source) {
  const Catalog all(source);
  if (!Places::apply_to(all)) return source;
  std::vector<Original> tensors = originals_of(*source, all);
  std::vector<TensorInfo> infos;
  std::vector<std::string_view> names;
  for (const Original& one : tensors) infos.push_back(one.info);
  for (const TensorInfo& info : infos) names.push_back(info.name);
  if (const auto twice = repeated(std::move(names))) {
    throw Failure(
        Error{ErrorCode::bad_file, fmt::format("tensor {}: is there twice", in_quotes(*twice)), source->name()});
  }
  TensorSource::Metadata metadata = metadata_of(*source);
  return std::make_shared<OriginalNames>(std::move(source), std::move(infos), std::move(tensors), std::move(metadata));
}

}  // namespace pxf
