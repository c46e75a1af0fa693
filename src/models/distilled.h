// Checkpoints distilled to few steps: nothing in their weights shows it, but their names do.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "models/family.h"

namespace pxf {

struct Distilled {
  std::string_view kind;  // "Lightning"
  Preset preset;
};

/// How to sample with a file of this name (or title), in a family whose other checkpoints use `usual`; none when the
/// name names no distillation. "sdxl_lightning_4step" gives 4 steps.
std::optional<Distilled> distilled_by(std::string_view name, const Preset& usual);

}  // namespace pxf
