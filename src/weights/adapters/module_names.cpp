#include "weights/adapters/module_names.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "weights/adapters/other_names.h"

namespace pxf {
namespace {

std::string flat(std::string_view name) {
  std::string out(name);
  std::ranges::replace(out, '.', '_');
  return out;
}

bool take(std::string_view& name, std::string_view beginning) {
  if (!name.starts_with(beginning)) return false;
  name.remove_prefix(beginning.size());
  return true;
}

bool cut(std::string_view& name, std::string_view ending) {
  if (!name.ends_with(ending)) return false;
  name.remove_suffix(ending.size());
  return true;
}

// A module's own name -> its tensors. A parameter that is no module's weight or bias ("positional_embedding") is one.
std::map<std::string, ModulePlace> modules_of(const Declarations& declarations, int part) {
  std::map<std::string, ModulePlace> out;
  for (const Declaration& d : declarations) {
    std::string_view name = d.name;
    const bool bias = cut(name, ".bias") || cut(name, "_bias");
    if (!bias && !cut(name, ".weight")) cut(name, "_weight");
    ModulePlace& place = out[std::string(name)];
    place.part = part;
    (bias ? place.bias : place.weight) = &d;
  }
  return out;
}

struct Prefix {
  std::string_view text;
  int part;  // -1: any
};
constexpr int kAny = -1;

// The longer of two that begin alike comes first.
constexpr std::array kPrefixes{Prefix{"lora_unet_", 0},
                               Prefix{"unet.", 0},
                               Prefix{"diffusion_model.", 0},
                               Prefix{"model.diffusion_model.", 0},
                               Prefix{"lora_te1_", 1},
                               Prefix{"lora_te2_", 2},
                               Prefix{"lora_te_", 1},
                               Prefix{"text_encoder_2.", 2},
                               Prefix{"text_encoder.", 1},
                               Prefix{"text_encoders.clip_l.transformer.", 1},
                               Prefix{"text_encoders.clip_h.transformer.", 1},
                               Prefix{"text_encoders.clip_g.transformer.", 2},
                               Prefix{"cond_stage_model.transformer.", 1},
                               Prefix{"cond_stage_model.model.", 1},
                               Prefix{"conditioner.embedders.0.transformer.", 1},
                               Prefix{"conditioner.embedders.0.model.", 1},
                               Prefix{"conditioner.embedders.1.model.", 2},
                               Prefix{"lycoris_", kAny},
                               Prefix{"", kAny}};

// diffusers once trained attention processors, which kept the projections' names.
std::string without_processor(std::string name) {
  constexpr std::string_view kProcessor = "_processor_to_";
  if (const auto at = name.find(kProcessor); at != std::string::npos)
    name.erase(at, std::string_view("_processor").size());
  return name;
}

}  // namespace

void ModuleNames::add_network(const Declarations& declarations) {
  Names& names = parts_[0];
  std::set<std::string> modules;
  const auto found = modules_of(declarations, 0);
  const auto add = [&](std::string name, const ModulePlace& place) {
    if (name.ends_with("_to_out_0")) names.emplace(name.substr(0, name.size() - 2), place);
    names.emplace(std::move(name), place);
  };
  for (const auto& [name, place] : found) {
    modules.insert(name);
    add(flat(name), place);
  }
  for (const NamePair& pair : diffusers_unet_names(modules)) add(flat(pair.other), found.at(pair.original));
}

void ModuleNames::add_text(const Declarations& declarations) {
  Names& names = parts_.emplace_back();
  for (const auto& [name, place] : modules_of(declarations, static_cast<int>(parts_.size()) - 1)) {
    names.emplace(flat(name), place);
    if (const std::string other = transformers_text_name(name); !other.empty()) names.emplace(flat(other), place);
    constexpr std::string_view kFused = ".attn.in_proj", kLayers = "transformer.resblocks.";
    std::string_view layer = name;
    if (!take(layer, kLayers) || !cut(layer, kFused)) continue;
    for (const std::int64_t third : {0, 1, 2}) {
      ModulePlace part = place;
      part.third = third;
      names.emplace(fmt::format("encoder_layers_{}_self_attn_{}_proj", layer, "qkv"[third]), part);
    }
  }
}

std::optional<ModulePlace> ModuleNames::find_in(int part, std::string_view name) const {
  if (part >= static_cast<int>(parts_.size())) return std::nullopt;
  std::string key = flat(name);
  if (part == 0) key = without_processor(std::move(key));
  if (part > 0 && key.starts_with("text_model_")) key.erase(0, std::string_view("text_model_").size());
  const Names& names = parts_[static_cast<std::size_t>(part)];
  const auto at = names.find(key);
  return at == names.end() ? std::nullopt : std::optional(at->second);
}

std::optional<ModulePlace> ModuleNames::find(std::string_view target) const {
  take(target, "base_model.model.");
  const bool bias = cut(target, ".bias");
  if (!bias) cut(target, ".weight");
  std::optional<ModulePlace> found;
  for (const Prefix& prefix : kPrefixes) {
    std::string_view name = target;
    if (!take(name, prefix.text)) continue;
    const int first = prefix.part == kAny ? 0 : prefix.part;
    const int last = prefix.part == kAny ? static_cast<int>(parts_.size()) - 1 : prefix.part;
    for (int part = first; part <= last && !found; ++part) found = find_in(part, name);
    if (found) break;
  }
  if (found && bias) *found = {found->part, found->bias, nullptr, found->third};
  return found;
}

}  // namespace pxf
