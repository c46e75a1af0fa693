// Metadata that are a JSON object of settings: which key is which of A1111's fields is a table, the rest is told as
// lost.
#pragma once

#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>

#include "recipe/claims.h"

namespace pxf {

/// An object; null for anything else, and for more than 8 MiB of it.
nlohmann::json json_object(const std::string* text);

/// A string as it is, a number or a truth value as JSON writes it; empty for all else.
std::string plain_text(const nlohmann::json& value);

struct KeyOfField {
  std::string_view key, field;  // field empty: of no effect here, or read otherwise
};

/// Every member of `object` that the table has goes to its field, the prompts' to "Prompt" and "Negative prompt"; what
/// it does not have is lost, unless it is empty, null, false or 0.
void take_fields(const nlohmann::json& object, std::span<const KeyOfField> table, Claims& claims);

}  // namespace pxf
