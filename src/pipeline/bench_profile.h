// A profile as bench reports it: rows by layer, and their sums.
#pragma once

#include <string>

#include "ops/profile.h"
#include "pixelforge/engine.h"

namespace pxf {

/// Adds the rows of a part that took so many seconds as a whole.
void add_profile(BenchReport& report, const std::string& part, const OpProfile& profile, double seconds);

/// Of a layer's name what repeats: "input_blocks.4" of "input_blocks.4.1.proj_in", "decoder.mid.attn_1" of
/// "decoder.mid.attn_1.q"; a name without a number stands for itself.
std::string block_of(const std::string& layer);

}  // namespace pxf
