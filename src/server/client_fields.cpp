#include "server/client_fields.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

#include "base/trimmed.h"
#include "server/router.h"

namespace pxf {
namespace {

constexpr double kLargestWhole = 9007199254740992;  // 2^53: above, a double has not all whole numbers

std::optional<double> number_in_string(const std::string& whole) {
  const std::string_view text = trimmed(whole);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

std::string shown_value(const Json& value) {
  constexpr std::size_t kMost = 60;
  std::string text = dump(value);
  if (text.size() > kMost) text = text.substr(0, kMost) + "...";
  return text;
}

}  // namespace

ClientFields::ClientFields(Json object, std::string path) : object_(std::move(object)), path_(std::move(path)) {
  if (!object_.is_object()) {
    throw HttpProblem(422, "invalid_argument", fmt::format("got {}, need an object", shown_value(object_)),
                      path_.empty() ? "body" : path_);
  }
}

void ClientFields::wrong(const char* name, const std::string& need) const {
  const std::string field = path_.empty() ? std::string(name) : fmt::format("{}.{}", path_, name);
  throw HttpProblem(422, "invalid_argument",
                    fmt::format("{}: got {}, need {}", field, shown_value(object_.value(name, Json())), need), field);
}

const Json* ClientFields::find(const char* name) const {
  const auto found = object_.find(name);
  return found == object_.end() || found->is_null() ? nullptr : &*found;
}

std::optional<std::string> ClientFields::text(const char* name) const {
  const Json* value = find(name);
  if (value == nullptr) return std::nullopt;
  if (value->is_string()) return value->get<std::string>();
  if (value->is_number()) return dump(*value);
  wrong(name, "a string");
}

std::optional<double> ClientFields::number(const char* name) const {
  const Json* value = find(name);
  if (value == nullptr) return std::nullopt;
  if (value->is_number()) return value->get<double>();
  const auto inside = value->is_string() ? number_in_string(value->get_ref<const std::string&>()) : std::nullopt;
  if (!inside) wrong(name, "a number");
  return inside;
}

std::optional<std::int64_t> ClientFields::whole(const char* name) const {
  const Json* value = find(name);
  if (value == nullptr) return std::nullopt;
  if (value->is_number_integer() && *value <= INT64_MAX) return value->get<std::int64_t>();
  const double inside = *number(name);
  if (std::trunc(inside) != inside || std::abs(inside) > kLargestWhole) wrong(name, "a whole number");
  return static_cast<std::int64_t>(inside);
}

std::optional<bool> ClientFields::flag(const char* name) const {
  const Json* value = find(name);
  if (value == nullptr) return std::nullopt;
  if (value->is_boolean()) return value->get<bool>();
  if (value->is_number()) return *value != 0;
  if (*value == "true" || *value == "True" || *value == "1") return true;
  if (*value == "false" || *value == "False" || *value == "0") return false;
  wrong(name, "true or false");
}

std::vector<std::string> ClientFields::texts(const char* name) const {
  const Json* value = find(name);
  if (value == nullptr) return {};
  if (value->is_string()) return {value->get<std::string>()};
  if (!value->is_array()) wrong(name, "a list of strings");
  std::vector<std::string> out;
  for (const Json& one : *value) {
    if (!one.is_string()) wrong(name, "a list of strings");
    out.push_back(one.get<std::string>());
  }
  return out;
}

ClientFields ClientFields::object(const char* name) const {
  const Json* value = find(name);
  return ClientFields(value == nullptr ? Json::object() : *value, path_.empty() ? name : path_ + "." + name);
}

}  // namespace pxf
