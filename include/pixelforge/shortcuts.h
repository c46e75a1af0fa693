// Shortcuts: parts of a picture's work that are left out, or done once for several. The picture comes out a little
// otherwise; docs/shortcuts.md says how much, and what is saved. Each is off until it is given, and costs nothing then.
#pragma once

#include <optional>
#include <string>

#include "pixelforge/error.h"
#include "pixelforge/guidance.h"

namespace pxf {

/// DeepCache: what lies deep in the UNet changes slowly from step to step. All of it is computed on one step of
/// `interval`; the steps between take its deep features and run the outer layers alone. Ma et al. 2024.
struct DeepCache {
  int interval = 3;
  int depth = 1;               // layers that run on every step, counted from the outside; one more is slower and nearer
  GuidanceInterval when = {};  // outside of it every step is whole
};

/// ToMe: in self-attention, the most similar places of the picture count as one. Bolya and Hoffman 2023.
struct TokenMerging {
  double ratio = 0.5;  // of the places, those that are merged into others; 0.75 at most
  int levels = 1;      // of the resolutions with attention, so many, the largest first
  GuidanceInterval when = {};
};

struct Shortcuts {
  std::optional<DeepCache> deep = {};
  std::optional<TokenMerging> tome = {};
};

/// As text, in the form that guidance has (parse_guidance): "deep:3; tome:0.5,levels=2"; empty or "none": no shortcut.
/// Error: invalid_argument, with the nearest name.
Result<Shortcuts> parse_shortcuts(const std::string& text);
/// What parse_shortcuts reads as `shortcuts`; empty where nothing is given.
std::string to_text(const Shortcuts& shortcuts);

}  // namespace pxf
