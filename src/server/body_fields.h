// Fields of a body of our own API, which is read strictly: null is as good as nothing, and what is of another type is
// HttpProblem 422 with the field's name. (client_fields.h reads those of other programs' clients.)
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "json/json.h"

namespace pxf {

[[noreturn]] void refuse_value(const std::string& need, const std::string& field);

/// Null where it is not there, or null.
const Json* said_in(const Json& body, const char* name);
/// Empty where nothing is said.
std::string text_in(const Json& body, const char* name);
/// False where nothing is said.
bool flag_in(const Json& body, const char* name);
std::optional<int> whole_in(const Json& body, const char* name, std::int64_t lowest, std::int64_t highest);

}  // namespace pxf
