// The prompts of a request as they are to be read: its styles laid around them, wildcards and variants chosen.
// Styles and wildcards are files that their user keeps; they are read when a request names them.
#pragma once

#include <string>
#include <vector>

#include "pixelforge/engine.h"
#include "pixelforge/request.h"

namespace pxf {

/// The request with its styles in both prompts. Errors: not_found (with the nearest name), io, bad_file.
Result<Request> with_its_styles(Request request);

struct ChosenPrompts {
  std::vector<std::string> of_pictures;  // for each picture of the plan
  std::vector<std::string> notices;      // wildcards that no file is, tags of networks that are not known
};

/// By each picture's seed. Throws Failure: those of choose_variants; io; bad_file for wildcards that are no text.
ChosenPrompts choose_prompts(const Request& request, const Plan& plan);

}  // namespace pxf
