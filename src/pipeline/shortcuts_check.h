// Whether a request's shortcuts can be, and what they leave out: asked when a plan is made.
#pragma once

#include <string>

#include "models/family.h"
#include "pixelforge/shortcuts.h"

namespace pxf {

/// Throws Failure(invalid_argument): a number out of its limits; more layers than this model has.
void check_shortcuts(const Shortcuts& shortcuts, const Model& model);

/// For people: "7 of 20 steps run whole, ..."; empty without shortcuts.
std::string what_is_left_out(const Shortcuts& shortcuts, int steps);

}  // namespace pxf
