// How to draw with a checkpoint where a request does not say: who may say it, one laid over the other. The family; a
// name that tells a distillation; the file's metadata; what `tune` has found here; the user (`set`).
// Not here: what a request says, which goes before all of them (plan.h).
#pragma once

#include <string>

#include "catalog/overrides.h"
#include "catalog/tuned.h"
#include "models/family.h"
#include "pixelforge/model_info.h"
#include "pixelforge/request.h"

namespace pxf {

/// What one of them says; what is empty it leaves to those below.
struct PresetLayer {
  std::string from;
  std::string sampler = {}, scheduler = {}, negative = {}, vae = {}, shortcuts = {};
  std::optional<int> steps = {}, width = {}, height = {}, clip_skip = {};
  std::optional<double> cfg_scale = {};
  std::map<Level, Recommended::AtLevel> levels = {};
};

PresetLayer layer_of(const Overrides& overrides);
PresetLayer layer_of(const TunedPreset& tuned);

/// The last one laid over counts most. Whoever sets the steps takes the place of the levels below, too.
void lay_over(const PresetLayer& layer, Recommended& under);

/// Of the family, the name and the file.
Recommended recommended_for(const Model& model);

Recommended at_level(Recommended recommended, Level level);

/// With what is recommended where it says nothing of the negative prompt and the text encoder's layer.
Request with_recommended_prompts(Request request, const Recommended& recommended);

}  // namespace pxf
