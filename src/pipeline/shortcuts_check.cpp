#include "pipeline/shortcuts_check.h"

#include <fmt/ranges.h>

#include <cmath>
#include <limits>
#include <vector>

#include "base/error.h"
#include "pipeline/method_limits.h"
#include "recipe/shortcuts_fields.h"
#include "sampling/guidance.h"

namespace pxf {
namespace {

int whole_steps(const DeepCache& deep, int steps) {
  int whole = 0, kept = std::numeric_limits<int>::min() / 2;
  for (int step = 0; step < steps; ++step) {
    const bool acts = acts_at({deep.when.start, deep.when.end}, step, steps, 1);
    if (acts && step - kept < deep.interval) continue;
    ++whole;
    if (acts) kept = step;
  }
  return whole;
}

}  // namespace

void check_shortcuts(const Shortcuts& shortcuts, const Model& model) {
  check_limits("shortcut", shortcuts);
  const int layers = model.network->layers();
  if (!shortcuts.deep) return;
  require(layers > 1, "shortcut: deep: this model has no layers that could be left out; leave it out");
  require(shortcuts.deep->depth < layers, "shortcut: deep: depth: got {}, need 1 to {}, for this model has {} layers",
          shortcuts.deep->depth, layers - 1, layers);
}

std::string what_is_left_out(const Shortcuts& shortcuts, int steps) {
  std::vector<std::string> out;
  if (shortcuts.deep) {
    const int depth = shortcuts.deep->depth;
    const bool by_noise = shortcuts.deep->when.sigma_end > 0 || std::isfinite(shortcuts.deep->when.sigma_start);
    out.push_back(fmt::format("{}{} of {} steps run whole, the others in their {} alone", by_noise ? "at least " : "",
                              whole_steps(*shortcuts.deep, steps), steps,
                              depth == 1 ? "outermost layer" : fmt::format("{} outermost layers", depth)));
  }
  if (shortcuts.tome) {
    out.push_back(fmt::format("{:.0f} % of the places are merged for self-attention", shortcuts.tome->ratio * 100));
  }
  return fmt::format("{}", fmt::join(out, "; "));
}

}  // namespace pxf
