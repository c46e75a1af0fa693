// "cat AND dog :0.7": the parts of a prompt that are denoised apart and added up. With the predictions of A1111's
// composable diffusion, guidance is  uncond + scale * sum over parts of weight * (part - uncond).
// As A1111 1.10's get_multicond_prompt_list does it. Pure function; any bytes, in linear time.
#pragma once

#include <string_view>
#include <vector>

#include "text/prompt_attention.h"

namespace pxf {

/// Parted at the whole word AND; a number after the last colon of a part is its weight, else 1. White space at the end
/// of a part is dropped, at its start it stays. At least one part.
std::vector<WeightedText> and_parts(std::string_view prompt);

}  // namespace pxf
