// All that is known of a model without its user's say: what its file says, completed by the files beside it or by the
// site that it comes from.
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "catalog/side_files.h"
#include "pixelforge/model_info.h"

namespace pxf {

struct Facts {
  ModelInfo info;
  std::string trigger_words, source, preview;
  std::string prediction_beside;  // as the function of this name gives it: a file that was copied lies elsewhere
  std::vector<std::pair<std::string, double>> trained_on;  // as tag_counts gives it
};

/// What the file itself says goes before what stands beside it.
Facts gather_facts(ModelInfo info, const std::filesystem::path& model);
Facts gather_facts(ModelInfo info, const SideFacts& beside);

/// As the library keeps it. Not kept: name, path and hash, which are the library's own business, and entries of the
/// metadata longer than 4 KiB.
std::string to_json_text(const Facts& facts);
/// What is missing or of another type reads as empty: an older program wrote less.
Facts facts_from_json(const std::string& text);

}  // namespace pxf
