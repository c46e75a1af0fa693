// A plan becomes pictures.
#pragma once

#include <string>
#include <vector>

#include "pipeline/conditioning.h"
#include "pipeline/memory.h"
#include "pipeline/plan.h"
#include "pipeline/preview.h"

namespace pxf {

/// What becomes of packed weights that a run does not need at the moment.
struct Keeping {
  bool only_request = false;  // those of text encoders and network go as soon as no picture needs them
  MemoryPlan within = {};     // in turn: they go whenever another part works
};

/// Computes the plan's pictures [first, end) one after another, each from its own seed, so that a picture does not
/// depend on its place in the batch. Their `parameters` are left empty. Throws Failure: cancelled; bad_file when the
/// numbers are no longer finite, with the weight at fault where one is. `previewer` may be null: then progress carries
/// no previews.
std::vector<Picture> run_plan(Context& ctx, const SettledPlan& settled, const Request& request, const Model& model,
                              const std::string& file, const ClipTokenizer& tokenizer, const Keeping& keeping,
                              Previewer* previewer, const OnProgress& on_progress, int first, int end);

}  // namespace pxf
