#include "catalog/overrides.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <nlohmann/json.hpp>
#include <string_view>

#include "base/nearest_name.h"

namespace pxf {
namespace {

using nlohmann::json;

constexpr std::array<std::string_view, 20> kKeys = {
    "license",           "author",    "tags",      "trigger_words", "source", "about", "family",    "prediction",
    "sampler",           "scheduler", "steps",     "cfg",           "size",   "vae",   "clip_skip", "negative",
    "zero_terminal_snr", "good_for",  "shortcuts", "strength"};
constexpr std::size_t kLongestNegative = 4096;

template <class T>
std::optional<T> number(std::string_view text, T lowest, T highest) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = error == std::errc{} && end == text.data() + text.size();
  return whole && value >= lowest && value <= highest ? std::optional(value) : std::nullopt;
}

std::optional<int> side(std::string_view text) {
  const auto value = number<int>(text, 8, 65536);
  return value && *value % 8 == 0 ? value : std::nullopt;
}

/// The sides of "512x768", or of "512".
std::pair<std::string_view, std::string_view> sides(std::string_view size) {
  const auto x = size.find('x');
  return x == std::string_view::npos ? std::pair(size, size) : std::pair(size.substr(0, x), size.substr(x + 1));
}

std::string_view what_is_wrong(const std::string& key, const std::string& value) {
  if (key == "steps" && !number<int>(value, 1, 10000)) return "a whole number from 1 to 10000";
  if (key == "cfg" && !number<double>(value, 0, 1000)) return "a number from 0 to 1000, such as 7.5";
  if (key == "strength" && !number<double>(value, -100, 100)) return "a number from -100 to 100, such as 0.8";
  if (key == "clip_skip" && !number<int>(value, 1, 100)) return "a whole number from 1 to 100";
  if (key == "negative" && value.size() > kLongestNegative) return "at most 4096 bytes";
  if (key == "size" && !(side(sides(value).first) && side(sides(value).second)))
    return "WIDTHxHEIGHT, multiples of 8, such as 512x768";
  if (key == "prediction" && value != "eps" && value != "v" && value != "edm") return "eps, v or edm";
  if (key == "zero_terminal_snr" && value != "true" && value != "false") return "true or false";
  return {};
}

}  // namespace

std::string to_json_text(const Overrides& overrides) {
  return json(overrides).dump(-1, ' ', false, json::error_handler_t::replace);
}

Overrides overrides_from_json(const std::string& text) {
  Overrides out;
  const json in = json::parse(text, nullptr, false);
  if (!in.is_object()) return out;
  for (const auto& [key, value] : in.items()) {
    if (value.is_string() && check_override(key, value.get<std::string>())) out[key] = value.get<std::string>();
  }
  return out;
}

Status check_override_key(const std::string& key) {
  if (std::ranges::find(kKeys, key) != kKeys.end()) return Done{};
  const std::string_view nearest = nearest_name(key, kKeys);
  return make_error(ErrorCode::invalid_argument, "key: got \"{}\", need one of {}{}", key, fmt::join(kKeys, ", "),
                    nearest.empty() ? "" : fmt::format("; did you mean \"{}\"?", nearest));
}

Status check_override(const std::string& key, const std::string& value) {
  if (Status known = check_override_key(key); !known) return known;
  const std::string_view need = what_is_wrong(key, value);
  if (!need.empty()) return make_error(ErrorCode::invalid_argument, "{}: got \"{}\", need {}", key, value, need);
  return Done{};
}

OverriddenSettings settings_of(const Overrides& overrides) {
  const auto value = [&](const char* key) {
    const auto it = overrides.find(key);
    return it == overrides.end() ? std::string() : it->second;
  };
  OverriddenSettings out;
  out.sampler = value("sampler");
  out.scheduler = value("scheduler");
  out.steps = number<int>(value("steps"), 1, 10000);
  out.cfg_scale = number<double>(value("cfg"), 0, 1000);
  out.clip_skip = number<int>(value("clip_skip"), 1, 100);
  out.strength = number<double>(value("strength"), -100, 100);
  out.negative = value("negative");
  out.vae = value("vae");
  out.shortcuts = value("shortcuts");
  const std::string size = value("size");
  out.width = side(sides(size).first);
  out.height = side(sides(size).second);
  return out;
}

}  // namespace pxf
