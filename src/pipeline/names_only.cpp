#include "pipeline/names_only.h"

#include <optional>
#include <utility>

#include "base/error.h"
#include "pipeline/library_names.h"
#include "pipeline/loras.h"
#include "pipeline/starter.h"
#include "pixelforge/picture_file.h"

namespace pxf {

// A file that a name of the library happens to mean in the folder where the server was started would go before it.
Status check_name(const std::string& name) {
  if (find_embedded(embedded_checkpoints(), name) != nullptr || find_embedded(embedded_loras(), name) != nullptr)
    return Done{};
  Result<std::optional<NamedFile>> found = find_in_library(name);
  if (!found) return std::move(found).error();
  if (found.value() && !means_a_file(name)) return Done{};
  return with_near_names({ErrorCode::not_found, "is no name of a model here", name}, name, "checkpoints",
                         embedded_checkpoints());
}

void check_names(const Request& request) {
  require(request.styles_file.empty() && request.wildcards.empty(),
          "styles_file, wildcards: got a path, need none; those of the library are used");
  for (const LoraUse& use : request.loras) value_or_throw(check_name(use.name));
  for (const std::string& name : request.embeddings) value_or_throw(check_name(name));
  if (!request.preview_model.empty()) value_or_throw(check_name(request.preview_model));
}

void check_names(const std::vector<std::string>& prompts) {
  for (const std::string& prompt : prompts) {
    for (const LoraUse& use : take_loras(prompt).loras) value_or_throw(check_name(use.name));
  }
}

}  // namespace pxf
