// Whether a request's guidance can be, and what it costs: asked when a plan is made.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "models/family.h"
#include "pixelforge/guidance.h"

namespace pxf {

/// Throws Failure(invalid_argument): a number out of its limits, a layer that the network lacks, methods that exclude
/// each other or this family.
void check_guidance(const Guidance& guidance, const Model& model);

/// Which of Network::transformer_blocks the names stand for: "mid", "input.4", "output.3", "output.3.0", a whole side,
/// or as checkpoints spell them ("middle_block", "input_blocks.4"). Throws as above; `method` is for its message.
std::vector<bool> named_blocks(const Network& network, std::span<const std::string> names, std::string_view method);

/// Whether any step takes the CFG scale, so that the network is asked without the prompt too.
bool uses_cfg(const Guidance& guidance, double cfg_scale);
/// Passes of the network at a step beyond those of CFG, for each prompt of an AND.
int extra_passes(const Guidance& guidance);

}  // namespace pxf
