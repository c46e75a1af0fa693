// The sides of `grid`: which flag of `generate` varies, and its values.
#pragma once

#include <string>
#include <vector>

#include "cli/generate_options.h"

namespace pxf::cli {

struct GridAxis {
  std::string flag;                 // "cfg", "checkpoint"; or "prompt"; empty: this side does not vary
  std::vector<std::string> values;  // at least one

  std::size_t size() const { return flag.empty() ? 1 : values.size(); }
  /// "cfg 3"; empty where the side does not vary.
  std::string label(std::size_t i) const;
};

/// "cfg=3,5,7", or with semicolons where values have commas: "cfg=7,7,5;4". Any flag of `generate` that takes a value
/// and says something of the picture, with _ for - too; or prompt. Throws CLI::ValidationError.
GridAxis parse_axis(const std::string& text);

/// What a cell's options are: those of all, and the i-th value of a side. A prompt's value takes the place of {} in
/// both prompts or, where there is none, of the side's first value. Throws CLI::ParseError (a value that the flag does
/// not take), CLI::ValidationError (words that are not in the prompt).
void apply(const GridAxis& axis, std::size_t i, GenerateOptions& options);

}  // namespace pxf::cli
