#include "weights/adapters/kohya_modules.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <string_view>

#include "weights/adapters/other_names.h"

namespace pxf {
namespace {

using std::string_view;

/// Tensors of one module; a parameter that is no module's weight or bias is left out.
struct Tensors {
  std::string weight, bias;
};
using Modules = std::map<std::string, Tensors>;  // by their names without what stands before their part

bool cut(std::string& name, string_view ending) {
  if (!name.ends_with(ending)) return false;
  name.resize(name.size() - ending.size());
  return true;
}

Modules modules_under(const std::set<std::string>& tensors, string_view beginning) {
  Modules out;
  for (auto at = tensors.lower_bound(std::string(beginning)); at != tensors.end() && at->starts_with(beginning); ++at) {
    std::string module = at->substr(beginning.size());
    if (cut(module, ".weight") || cut(module, "_weight")) {
      out[module].weight = *at;
    } else if (cut(module, ".bias") || cut(module, "_bias")) {
      out[module].bias = *at;
    }
  }
  return out;
}

std::string flat(std::string name) {
  std::ranges::replace(name, '.', '_');
  return name;
}

void add_unet(const std::set<std::string>& tensors, std::vector<KohyaModule>& out) {
  const Modules modules = modules_under(tensors, "model.diffusion_model.");
  std::set<std::string> names, added;
  for (const auto& [name, of] : modules) names.insert(name);
  for (const NamePair& pair : diffusers_unet_names(names)) {
    if (!added.insert(pair.original).second) continue;  // label_emb has two names
    const Tensors& of = modules.at(pair.original);
    out.push_back({"lora_unet_" + flat(pair.other), of.weight, of.bias});
  }
}

void add_clip(const std::set<std::string>& tensors, string_view beginning, string_view prefix,
              std::vector<KohyaModule>& out) {
  for (const auto& [name, of] : modules_under(tensors, beginning)) {
    if (name.find("embeddings.") == name.npos) out.push_back({std::string(prefix) + flat(name), of.weight, of.bias});
  }
}

// q, k and v are one tensor there.
void add_open_clip(const std::set<std::string>& tensors, string_view beginning, string_view prefix,
                   std::vector<KohyaModule>& out) {
  constexpr string_view kFused = ".attn.in_proj", kLayers = "transformer.resblocks.";
  for (const auto& [name, of] : modules_under(tensors, beginning)) {
    std::string layer = name;
    if (layer.starts_with(kLayers) && cut(layer, kFused)) {
      layer.erase(0, kLayers.size());
      for (const int third : {0, 1, 2}) {
        out.push_back({fmt::format("{}text_model_encoder_layers_{}_self_attn_{}_proj", prefix, layer, "qkv"[third]),
                       of.weight, of.bias, third});
      }
      continue;
    }
    const std::string other = transformers_text_name(name);
    if (other.empty() || other.starts_with("embeddings.")) continue;
    out.push_back({std::string(prefix) + "text_model_" + flat(other), of.weight, of.bias});
  }
}

}  // namespace

std::vector<KohyaModule> kohya_modules(const std::set<std::string>& tensors) {
  std::vector<KohyaModule> out;
  add_clip(tensors, "cond_stage_model.transformer.", "lora_te_", out);
  add_open_clip(tensors, "cond_stage_model.model.", "lora_te_", out);
  add_clip(tensors, "conditioner.embedders.0.transformer.", "lora_te1_", out);
  add_open_clip(tensors, "conditioner.embedders.0.model.", "lora_te1_", out);
  add_open_clip(tensors, "conditioner.embedders.1.model.", "lora_te2_", out);
  add_unet(tensors, out);
  return out;
}

}  // namespace pxf
