// Models as clients of other programs know them: by a title with the file's ending and a short hash.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "service/service.h"

namespace pxf {

struct KnownModel {
  std::string name;    // here
  std::string file;    // the name with the ending of its file: "dream.safetensors"
  std::string path;    // that file; for a model in the program like `file`
  std::string sha256;  // empty until something has computed it
  std::string tensors_sha256;
  std::string kind, family, trigger_words;

  std::string short_hash() const { return sha256.substr(0, 10); }
  /// "dream.safetensors [6ce0161689]"
  std::string title() const;
};

/// Of a kind ("checkpoint", "LoRA", "VAE" ...): those in the program, then the library's.
std::vector<KnownModel> known_models(Service& service, std::string_view kind);

/// By its title, name, file, path, the first digits of its sha256 (eight at least) or all of them.
std::optional<KnownModel> find_model(const std::vector<KnownModel>& models, std::string_view wanted);

/// The nearest title stands in the problem, which is thrown when there is no such model.
KnownModel checkpoint_known_as(Service& service, const std::string& wanted, const char* field);

}  // namespace pxf
