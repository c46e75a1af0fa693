// Methods as text: METHOD[:SETTING,SETTING...] and further ones after semicolons; a setting is KEY=VALUE, or a value in
// the place of its key. Of structs whose methods for_each_method and visit list (guidance_fields.h).
#pragma once

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <charconv>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/trimmed.h"
#include "recipe/guidance_fields.h"
#include "sampling/names.h"

namespace pxf::method_text {

/// The parts between separators, without blanks around them; one, empty, of an empty text.
inline std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> out;
  while (true) {
    const auto end = text.find(separator);
    out.push_back(trimmed(text.substr(0, end)));
    if (end == std::string_view::npos) return out;
    text.remove_prefix(end + 1);
  }
}

template <class T>
std::optional<T> parsed(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// Puts a setting into the field that it is for.
class SettingReader {
 public:
  /// `kind`: of the methods, for messages. `key` empty: the `place`-th field, from 0.
  SettingReader(std::string_view kind, std::string_view method, std::string_view key, std::string_view value, int place)
      : kind_(kind), method_(method), key_(key), value_(value), place_(place) {}

  void number(std::string_view names, double& field, double /*usual*/, Limits /*limits*/) {
    if (is_for(names)) field = value<double>("a number");
  }
  void whole(std::string_view names, int& field, int /*usual*/, Limits /*limits*/) {
    if (is_for(names)) field = value<int>("a whole number");
  }
  template <class Enum>
  void choice(std::string_view names, Enum& field, Enum /*usual*/, std::span<const std::string_view> choices) {
    if (!is_for(names)) return;
    for (std::size_t i = 0; i < choices.size(); ++i) {
      if (same_name(choices[i], value_)) field = static_cast<Enum>(i), understood_ = true;
    }
    if (!understood_) refuse(fmt::format("one of {}", fmt::join(choices, ", ")));
  }
  void layers(std::string_view names, std::vector<std::string>& field, const std::vector<std::string>& /*usual*/) {
    if (!is_for(names)) return;
    field.clear();
    for (const std::string_view layer : split(value_, '+')) field.emplace_back(layer);
    understood_ = true;
  }
  /// 7, or 7x10 for ten steps; all that have no key are its.
  void scales(std::string_view names, std::vector<double>& field, Limits /*limits*/) {
    if (key_.empty()) place_ = 0;
    if (!is_for(names)) return;
    const auto times = value_.find('x');
    const int count = times == std::string_view::npos ? 1 : parsed<int>(value_.substr(times + 1)).value_or(0);
    const auto scale = parsed<double>(value_.substr(0, times));
    if (!scale || count < 1 || count > kMostSteps) refuse("a number such as 7, or 7x10 for ten steps");
    field.insert(field.end(), static_cast<std::size_t>(count), *scale);
    understood_ = true;
  }

  void finish() const {
    if (understood_) return;
    if (!key_.empty()) throw Failure(unknown_name(method_, key_, known_));
    fail(ErrorCode::invalid_argument, "{}: {}: got one setting more, \"{}\", than its {}: {}", kind_, method_, value_,
         known_.size(), fmt::join(known_, ", "));
  }

 private:
  static constexpr int kMostSteps = 10000;

  bool is_for(std::string_view names) {
    known_.push_back(first_name(names));
    if (understood_) return false;
    return key_.empty() ? place_-- == 0 : in_name_list(names, key_);
  }
  template <class T>
  T value(std::string_view need) {
    const auto number = parsed<T>(value_);
    if (!number) refuse(need);
    understood_ = true;
    return *number;
  }
  [[noreturn]] void refuse(std::string_view need) const {
    fail(ErrorCode::invalid_argument, "{}: {}: {}: got \"{}\", need {}", kind_, method_, known_.back(), value_, need);
  }

  std::string_view kind_, method_, key_, value_;
  int place_;
  bool understood_ = false;
  std::vector<std::string_view> known_;
};

template <class Method>
void read_settings(std::string_view kind, std::string_view name, std::string_view text, Method& method) {
  int place = 0;
  for (const std::string_view setting : split(text, ',')) {
    const auto equals = setting.find('=');
    const bool named = equals != std::string_view::npos;
    SettingReader reader(kind, name, named ? trimmed(setting.substr(0, equals)) : std::string_view(),
                         named ? trimmed(setting.substr(equals + 1)) : setting, place);
    visit(reader, method);
    reader.finish();
    place += named ? 0 : 1;
  }
}

template <class Methods>
void read_method(std::string_view kind, std::string_view text, Methods& into) {
  const auto colon = text.find(':');
  const std::string_view wanted = trimmed(text.substr(0, colon));
  bool known = false;
  std::vector<std::string_view> names;
  for_each_method(into, [&](std::string_view of_method, auto& method) {
    names.push_back(first_name(of_method));
    if (!in_name_list(of_method, wanted)) return;
    known = true;
    require(!method, "{}: got {} twice; give it once, with all its settings", kind, names.back());
    method.emplace();
    if (colon != std::string_view::npos) read_settings(kind, names.back(), text.substr(colon + 1), *method);
  });
  if (!known) throw Failure(unknown_name(kind, wanted, names));
}

/// Writes the first setting, and those that are not as usual.
class SettingWriter {
 public:
  void number(std::string_view names, double field, double usual, Limits /*limits*/) {
    add(names, field != usual, fmt::format("{}", field));
  }
  void whole(std::string_view names, int field, int usual, Limits /*limits*/) {
    add(names, field != usual, std::to_string(field));
  }
  template <class Enum>
  void choice(std::string_view names, Enum field, Enum usual, std::span<const std::string_view> choices) {
    add(names, field != usual, choices[static_cast<std::size_t>(field)]);
  }
  void layers(std::string_view names, const std::vector<std::string>& field, const std::vector<std::string>& usual) {
    add(names, field != usual, fmt::format("{}", fmt::join(field, "+")));
  }
  /// A scale that stays for several steps is written once, with their number.
  void scales(std::string_view /*names*/, const std::vector<double>& field, Limits /*limits*/) {
    for (std::size_t i = 0, end = 0; i < field.size(); i = end) {
      while (end < field.size() && field[end] == field[i]) ++end;
      settings_.push_back(end - i > 1 ? fmt::format("{}x{}", field[i], end - i) : fmt::format("{}", field[i]));
    }
  }

  std::string text() const { return fmt::format("{}", fmt::join(settings_, ",")); }

 private:
  void add(std::string_view names, bool unusual, std::string_view value) {
    if (settings_.empty())
      settings_.emplace_back(value);
    else if (unusual)
      settings_.push_back(fmt::format("{}={}", first_name(names), value));
  }
  std::vector<std::string> settings_;
};

/// `kind`: "guidance". Throws Failure(invalid_argument), with the nearest name.
template <class Methods>
Methods read(std::string_view kind, std::string_view text) {
  Methods out;
  for (const std::string_view method : split(text, ';')) {
    if (!method.empty()) read_method(kind, method, out);
  }
  return out;
}

template <class Methods>
std::string write(const Methods& given) {
  Methods copy = given;
  std::vector<std::string> methods;
  for_each_method(copy, [&](std::string_view names, auto& method) {
    if (!method) return;
    SettingWriter writer;
    visit(writer, *method);
    methods.push_back(fmt::format("{}:{}", first_name(names), writer.text()));
  });
  return fmt::format("{}", fmt::join(methods, "; "));
}

}  // namespace pxf::method_text
