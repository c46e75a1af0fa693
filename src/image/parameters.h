// The "parameters" text that AUTOMATIC1111's web UI and its kin keep in pictures:
//   PROMPT
//   Negative prompt: NEGATIVE        (left out when empty)
//   Steps: 20, Sampler: Euler, CFG scale: 7, ...
// This is its syntax: what A1111's infotext_utils.py reads and writes, character for character.
// Not here: its meaning. Defaults of missing fields, "First pass size", hypernetworks, compatibility by version and the
// dialects of other programs are the business of whoever turns the fields into a request.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pxf {

struct Parameters {
  std::string prompt;
  std::string negative;
  std::vector<std::pair<std::string, std::string>> fields;  // in the order of the text, each key once

  friend bool operator==(const Parameters&, const Parameters&) = default;
};

/// A value as a field holds it: a JSON string when it has a comma, a colon or a line break, else as it is.
std::string quote_parameter(std::string_view value);

std::string format_parameters(const Parameters& parameters);

/// Takes any text, which is a prompt where it is nothing else. Fields are those of the last line when it has three or
/// more. A repeated key keeps its first place and its last value, empty values are dropped, and a value such as
/// "512x768" under KEY becomes two fields, "KEY-1" and "KEY-2".
Parameters parse_parameters(std::string_view text);

}  // namespace pxf
