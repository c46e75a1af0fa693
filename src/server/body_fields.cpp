#include "server/body_fields.h"

#include <fmt/format.h>

#include "server/router.h"

namespace pxf {

void refuse_value(const std::string& need, const std::string& field) {
  throw HttpProblem(422, "invalid_argument", "need " + need, field);
}

const Json* said_in(const Json& body, const char* name) {
  const auto found = body.find(name);
  return found == body.end() || found->is_null() ? nullptr : &*found;
}

std::string text_in(const Json& body, const char* name) {
  const Json* text = said_in(body, name);
  if (text == nullptr) return {};
  if (!text->is_string()) refuse_value("a string", name);
  return text->get<std::string>();
}

bool flag_in(const Json& body, const char* name) {
  const Json* flag = said_in(body, name);
  if (flag != nullptr && !flag->is_boolean()) refuse_value("true or false", name);
  return flag != nullptr && flag->get<bool>();
}

std::optional<int> whole_in(const Json& body, const char* name, std::int64_t lowest, std::int64_t highest) {
  const Json* number = said_in(body, name);
  if (number == nullptr) return std::nullopt;
  if (!number->is_number_integer() || *number < lowest || *number > highest)
    refuse_value(fmt::format("a whole number from {} to {}", lowest, highest), name);
  return number->get<int>();
}

}  // namespace pxf
