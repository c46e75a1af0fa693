// ComfyUI's grammar of weights: (text) 1.1 times, (text:1.3) exactly 1.3, \( and \) the character itself. Square
// brackets and all other backslashes are text.
// Unlike A1111's, a number replaces the weight of what is around it, and a bracket never closed is text, with all the
// brackets after it. (When the prompt ends in a closing bracket, ComfyUI takes that for the one missing: "((a)" is "(a"
// with weight 1.1. So it is here.) As token_weights of ComfyUI 0.3.64 does it, but that a number that is not finite is
// text.
// Pure function; any bytes, in linear time.
#pragma once

#include <string_view>
#include <vector>

#include "text/prompt_attention.h"

namespace pxf {

/// The spans of a prompt, none for an empty one. Neighbours of equal weight stay apart.
std::vector<WeightedText> comfy_attention(std::string_view prompt);

}  // namespace pxf
