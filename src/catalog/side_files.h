// What stands beside a model file and says more of it: Civitai Helper's NAME.civitai.info, A1111's NAME.json, LoRA
// Manager's NAME.metadata.json, and a preview picture. What others have written is believed as far as it is text; a
// side file that is damaged, or longer than 8 MiB, is as if it were not there.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace pxf {

struct SideFacts {
  std::string title, author, description, license, tags, trigger_words, source;
  std::string preview;             // path of a picture
  std::optional<double> strength;  // that is preferred for a LoRA
};

/// Of several places that say the same the first one counts.
inline void fill_if_empty(std::string& into, const std::string& text) {
  if (into.empty()) into = text;
}

SideFacts read_side_files(const std::filesystem::path& model);

/// What the sites say themselves: Civitai's answer on a model's version, Hugging Face's on a repository. Without a
/// preview; empty where the answer is none.
SideFacts facts_of_civitai(const std::string& answer);
SideFacts facts_of_hugging_face(const std::string& answer);
/// What a checkpoint predicts, as the settings beside it say: A1111's NAME.yaml. "eps" or "v"; empty: nothing says it.
std::string prediction_beside(const std::filesystem::path& model);

}  // namespace pxf
