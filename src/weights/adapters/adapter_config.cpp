#include "weights/adapters/adapter_config.h"

#include <nlohmann/json.hpp>

#include "base/error.h"

namespace pxf {

AdapterConfig read_adapter_config(std::string_view text, const std::string& file) {
  const nlohmann::json json = nlohmann::json::parse(text, nullptr, false);
  const auto refuse = [&](const char* why) { throw Failure(Error{ErrorCode::bad_file, why, file}); };
  if (!json.is_object()) refuse("is not a JSON object, need PEFT's adapter_config.json");
  AdapterConfig out;
  out.peft = true;
  try {
    for (const char* key : {"lora_alpha", "alpha"}) {
      if (json.contains(key) && !json[key].is_null()) out.alpha = json[key].get<double>();
    }
    if (json.contains("r") && json["r"].is_number()) out.rank = json["r"].get<double>();
    out.root_of_rank = json.value("use_rslora", false);
    if (json.value("use_cayley_neumann", false)) out.neumann_terms = json.value("num_cayley_neumann_terms", 5);
    out.block_share = json.value("block_share", false);
    if (json.value("coft", false)) out.constraint = json.value("eps", 6e-5);
  } catch (const nlohmann::json::exception&) {
    refuse("a setting is of another type than PEFT writes; copy adapter_config.json again");
  }
  return out;
}

}  // namespace pxf
