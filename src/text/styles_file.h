// A1111's styles.csv: one style a record, with the columns name, prompt and negative_prompt (older files: text).
// RFC 4180: fields in quotes may hold commas, line ends and, doubled, quotes. Pure function; any bytes, in linear time.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pxf {

struct Style {
  std::string name, prompt, negative;
};

/// In the order of the file; records without a name are left out. Throws bad_file: no column called "name" and
/// "prompt" in the first record, or a quote that is not closed.
std::vector<Style> read_styles(std::string_view csv);

}  // namespace pxf
