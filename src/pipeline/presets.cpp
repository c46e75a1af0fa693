#include "pipeline/presets.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "sampling/samplers.h"
#include "sampling/schedulers.h"

namespace pxf {
namespace {

constexpr const char* kUser = "you";
constexpr int kFewSteps = 12;  // of checkpoints that were distilled to few: neither more nor fewer do them good
constexpr int kFewestOfFast = 8;

// A name that no list here has stays as it is spelled; a request that uses it is told so.
void name_sampler(const std::string& name, Recommended& into) {
  const auto found = find_sampler(name);
  into.sampler = found ? std::string(found.value()->name) : name;
  into.sampler_label = found ? std::string(found.value()->label) : name;
}

void name_scheduler(const std::string& name, Recommended& into) {
  const auto found = find_scheduler(name);
  into.scheduler = found ? std::string(found.value()->name) : name;
  into.scheduler_label = found ? std::string(found.value()->label) : name;
}

/// All who say something of it, the one that counts most first.
std::string all_origins(const std::map<std::string, std::string>& sources) {
  std::vector<std::string> out;
  const auto add = [&](const std::string& from) {
    if (std::ranges::find(out, from) == out.end()) out.push_back(from);
  };
  const bool users = std::ranges::any_of(sources, [](const auto& one) { return one.second == kUser; });
  if (users) add(kUser);
  for (const bool tuned : {true, false}) {
    for (const char* key : {"sampler", "scheduler", "steps", "cfg_scale"}) {
      const auto found = sources.find(key);
      if (found != sources.end() && found->second.starts_with("tuned") == tuned) add(found->second);
    }
  }
  return fmt::format("{}", fmt::join(out, ", else "));
}

bool is_distilled(const Recommended& r) { return r.steps <= kFewSteps || r.cfg_scale <= 1; }

int steps_by_rule(const Recommended& r, Level level) {
  if (level == Level::balanced || is_distilled(r)) return r.steps;
  if (level == Level::best) return static_cast<int>(std::ceil(r.steps * 1.5));
  return std::clamp(static_cast<int>(std::ceil(r.steps * 0.6)), std::min(kFewestOfFast, r.steps), r.steps);
}

PresetLayer layer_of(const Preset& preset, const std::string& from) {
  PresetLayer out{from, preset.sampler, preset.scheduler};
  out.steps = preset.steps;
  out.cfg_scale = preset.cfg_scale;
  out.width = preset.width;
  out.height = preset.height;
  return out;
}

PresetLayer layer_of(const Settings& file) {
  PresetLayer out{"the file", file.sampler, file.scheduler};
  out.negative = file.negative;
  out.clip_skip = file.clip_skip;
  out.steps = file.steps;
  out.cfg_scale = file.cfg_scale;
  out.width = file.width;
  out.height = file.height;
  return out;
}

void lay_over_levels(const PresetLayer& layer, Recommended& under) {
  if (layer.steps) under.levels.clear();
  if (!layer.levels.empty()) under.levels = layer.levels;
  for (auto& [level, at] : under.levels) {
    if (!layer.levels.empty()) break;
    if (!layer.sampler.empty()) at.sampler = under.sampler;
    if (!layer.scheduler.empty()) at.scheduler = under.scheduler;
    if (layer.cfg_scale) at.cfg_scale = *layer.cfg_scale;
  }
}

}  // namespace

PresetLayer layer_of(const Overrides& overrides) {
  OverriddenSettings set = settings_of(overrides);
  PresetLayer out{kUser, std::move(set.sampler), std::move(set.scheduler), std::move(set.negative), std::move(set.vae)};
  out.shortcuts = std::move(set.shortcuts);
  out.steps = set.steps;
  out.cfg_scale = set.cfg_scale;
  out.width = set.width;
  out.height = set.height;
  out.clip_skip = set.clip_skip;
  return out;
}

PresetLayer layer_of(const TunedPreset& tuned) {
  const Recommended::AtLevel& balanced = tuned.levels.at(Level::balanced);
  PresetLayer out{origin_of(tuned), balanced.sampler, balanced.scheduler};
  out.steps = balanced.steps;
  out.cfg_scale = balanced.cfg_scale;
  out.levels = tuned.levels;
  return out;
}

void lay_over(const PresetLayer& layer, Recommended& under) {
  if (under.sources.empty() && !under.from.empty()) {  // of a library from before they were kept
    for (const char* key : {"sampler", "scheduler", "steps", "cfg_scale", "size"}) under.sources[key] = under.from;
  }
  const auto said = [&](const char* key, bool is_said) {
    if (is_said) under.sources[key] = layer.from;
    return is_said;
  };
  const auto take = [&](const char* key, const auto& value, auto& into) {
    if (said(key, value.has_value())) into = *value;
  };
  if (said("sampler", !layer.sampler.empty())) name_sampler(layer.sampler, under);
  if (said("scheduler", !layer.scheduler.empty())) name_scheduler(layer.scheduler, under);
  take("steps", layer.steps, under.steps);
  take("cfg_scale", layer.cfg_scale, under.cfg_scale);
  take("size", layer.width, under.width);
  take("size", layer.height, under.height);
  take("clip_skip", layer.clip_skip, under.clip_skip);
  if (said("negative", !layer.negative.empty())) under.negative = layer.negative;
  if (said("vae", !layer.vae.empty())) under.vae = layer.vae;
  if (said("shortcuts", !layer.shortcuts.empty())) under.shortcuts = layer.shortcuts;
  lay_over_levels(layer, under);
  under.from = all_origins(under.sources);
}

Recommended recommended_for(const Model& model) {
  Recommended out;
  lay_over(layer_of(model.preset, model.preset_from), out);
  lay_over(layer_of(model.settings), out);
  return out;
}

Recommended at_level(Recommended recommended, Level level) {
  const auto found = recommended.levels.find(level);
  if (found == recommended.levels.end()) {
    recommended.steps = steps_by_rule(recommended, level);
    return recommended;
  }
  name_sampler(found->second.sampler, recommended);
  name_scheduler(found->second.scheduler, recommended);
  recommended.steps = found->second.steps;
  recommended.cfg_scale = found->second.cfg_scale;
  return recommended;
}

Request with_recommended_prompts(Request request, const Recommended& recommended) {
  if (request.negative.empty() && request.preset_negative) request.negative = recommended.negative;
  if (!request.clip_skip) request.clip_skip = recommended.clip_skip;
  return request;
}

}  // namespace pxf
