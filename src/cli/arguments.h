// Values on the command line: numbers, sizes and choices, each refused in the same words.
#pragma once

#include <CLI/CLI.hpp>
#include <charconv>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "pixelforge/precision.h"
#include "pixelforge/server.h"
#include "pixelforge/shortcuts.h"

namespace pxf::cli {

struct Size {
  int width = 0, height = 0;
};

/// "512x768", also with "X" or "×"; "512" is 512x512.
std::optional<Size> parse_size(std::string_view text);

/// All of `text` as a decimal number; none when it is anything else or does not fit.
template <class T>
std::optional<T> parse_number(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// The error of a flag: "--steps: got "many", need a whole number".
CLI::ValidationError refused(const std::string& flag, std::string_view got, std::string_view need);

/// Adds a flag whose value `parse` turns into an optional; an empty one is refused with what is needed.
/// (CLI11 would read "010" as eight and has its own words for each mistake.)
template <class Target, class Parse>
CLI::Option* add_value(CLI::App& app, const std::string& flags, Target& target, Parse parse, const std::string& need,
                       const std::string& help) {
  const std::string name = flags.substr(flags.rfind(',') + 1);
  return app.add_option_function<std::string>(
      flags,
      [&target, parse, name, need](const std::string& text) {
        auto value = parse(text);
        if (!value) throw refused(name, text, need);
        target = *value;
      },
      help);
}

CLI::Option* add_whole(CLI::App& app, const std::string& flags, std::optional<int>& target, const std::string& help);
CLI::Option* add_whole(CLI::App& app, const std::string& flags, int& target, const std::string& help);
CLI::Option* add_size(CLI::App& app, std::optional<Size>& target, const std::string& help);
/// --database, and $PIXELFORGE_DATABASE.
CLI::Option* add_database(CLI::App& app, std::string& target);
CLI::Option* add_threads(CLI::App& app, int& target);
CLI::Option* add_precision(CLI::App& app, Precision& target);
/// --memory: "3G", "2.5 GiB", "800M", in powers of 1024; "2 GB" is 2e9 bytes.
std::optional<std::uint64_t> parse_bytes(std::string_view text);
CLI::Option* add_memory(CLI::App& app, std::uint64_t& target);
/// --shortcut, again and again.
CLI::Option* add_shortcuts(CLI::App& app, std::optional<Shortcuts>& target, const std::string& help);
/// --policy-words and --policy-command.
void add_policy(CLI::App& app, PolicyRules& target);

template <class T>
CLI::Option* add_choice(CLI::App& app, const std::string& flags, T& target, const std::map<std::string, T>& choices,
                        const std::string& help) {
  std::string names;
  for (const auto& [name, value] : choices) names += (names.empty() ? "" : "|") + name;
  const auto parse = [choices](const std::string& text) {
    const auto found = choices.find(text);
    return found == choices.end() ? std::optional<T>{} : found->second;
  };
  return add_value(app, flags, target, parse, "one of " + names, help)->type_name(names);
}

}  // namespace pxf::cli
