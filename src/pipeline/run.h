// A plan becomes pictures.
#pragma once

#include <string>
#include <vector>

#include "pipeline/conditioning.h"
#include "pipeline/plan.h"
#include "pipeline/preview.h"

namespace pxf {

/// Computes the plan's pictures [first, end) one after another, each from its own seed, so that a picture does not
/// depend on its place in the batch. Their `parameters` are left empty. Throws Failure: cancelled; bad_file when the
/// numbers are no longer finite, with the weight at fault where one is. `previewer` may be null: then progress carries
/// no previews. `only_request`: forget the text encoder's and the network's packed weights as soon as no picture needs
/// them.
std::vector<Picture> run_plan(Context& ctx, const SettledPlan& settled, const Request& request, const Model& model,
                              const std::string& file, const ClipTokenizer& tokenizer, bool only_request,
                              Previewer* previewer, const OnProgress& on_progress, int first, int end);

}  // namespace pxf
