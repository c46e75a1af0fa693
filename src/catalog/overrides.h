// What the user says of a model instead of its file: `pixelforge set NAME key=value`.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "base/error.h"

namespace pxf {

/// By key: "license", "author", "tags", "trigger_words", "source", "about", "good_for"; what the file is: "family",
/// "prediction", "zero_terminal_snr"; "sampler", "scheduler", "steps", "cfg", "size", "clip_skip", "negative", "vae",
/// "shortcuts"; of a LoRA "strength".
/// Every value has passed check_override.
using Overrides = std::map<std::string, std::string>;

std::string to_json_text(const Overrides& overrides);
/// Entries that this program does not know, or cannot use, are left out.
Overrides overrides_from_json(const std::string& text);

/// invalid_argument for an unknown key, with the nearest.
Status check_override_key(const std::string& key);
/// invalid_argument: an unknown key, with the nearest; a value that cannot be. Sampler, scheduler and shortcuts are
/// texts to it.
Status check_override(const std::string& key, const std::string& value);

struct OverriddenSettings {
  std::string sampler, scheduler, negative, vae, shortcuts;  // empty: not overridden, like the rest
  std::optional<int> steps, width, height, clip_skip;
  std::optional<double> cfg_scale, strength;
};

OverriddenSettings settings_of(const Overrides& overrides);

}  // namespace pxf
