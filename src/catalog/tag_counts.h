// The tags of a model's training pictures, as kohya's trainers count them in "ss_tag_frequency".
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace pxf {

/// The most frequent first, at most `most`, of all folders together; equal ones by name. Empty for what is no such
/// JSON.
std::vector<std::pair<std::string, double>> tag_counts(const std::string& text, std::size_t most);

}  // namespace pxf
