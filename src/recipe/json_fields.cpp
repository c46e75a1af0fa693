#include "recipe/json_fields.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace pxf {
namespace {

constexpr std::size_t kMostJson = std::size_t{8} << 20;

bool says_nothing(const nlohmann::json& value) {
  return value.is_null() || value.empty() || value == false || value == 0 || value == "" || value == "None";
}

}  // namespace

nlohmann::json json_object(const std::string* text) {
  if (text == nullptr || text->size() > kMostJson) return nullptr;
  nlohmann::json out = nlohmann::json::parse(*text, nullptr, false);
  return out.is_object() ? out : nlohmann::json(nullptr);
}

std::string plain_text(const nlohmann::json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number_float()) return fmt::format("{}", value.get<double>());  // 7.0 as 7
  return value.is_number() || value.is_boolean() ? value.dump() : std::string();
}

void take_fields(const nlohmann::json& object, std::span<const KeyOfField> table, Claims& claims) {
  for (const auto& [key, value] : object.items()) {
    const auto known = std::ranges::find(table, key, &KeyOfField::key);
    if (known == table.end()) {
      if (!says_nothing(value)) claims.lost.push_back(fmt::format("{}: {}", key, plain_text(value)));
    } else if (known->field == "Prompt") {
      claims.said.prompt = plain_text(value);
    } else if (known->field == "Negative prompt") {
      claims.said.negative = plain_text(value);
    } else if (std::string text = plain_text(value); !known->field.empty() && !text.empty()) {
      claims.said.fields.emplace_back(known->field, std::move(text));
    }
  }
}

}  // namespace pxf
