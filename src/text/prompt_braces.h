// Finding the variants of a prompt, "{red|3::blue}": where they are and how likely each option is.
// Pure function; any bytes, in linear time. Not here: choosing one (prompt_variants.h).
#pragma once

#include <string_view>
#include <vector>

#include "text/prompt_options.h"

namespace pxf {

struct Braces {
  std::vector<TextOptions> places;               // in the order of the text; options without their "3::"
  std::vector<std::vector<double>> likelihoods;  // of the options of each place; the sum is positive
};

/// The pairs of braces that hold a bar of their own: one not inside a pair of square brackets or other braces.
Braces braces_of(std::string_view text);

}  // namespace pxf
