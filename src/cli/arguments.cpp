#include "cli/arguments.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

namespace pxf::cli {

std::optional<Size> parse_size(std::string_view text) {
  for (const std::string_view times : {"x", "X", "×"}) {
    const std::size_t at = text.find(times);
    if (at == std::string_view::npos) continue;
    const auto width = parse_number<int>(text.substr(0, at));
    const auto height = parse_number<int>(text.substr(at + times.size()));
    if (!width || !height) return std::nullopt;
    return Size{*width, *height};
  }
  const auto side = parse_number<int>(text);
  if (!side) return std::nullopt;
  return Size{*side, *side};
}

CLI::ValidationError refused(const std::string& flag, std::string_view got, std::string_view need) {
  return CLI::ValidationError(flag, fmt::format("got \"{}\", need {}", got, need));
}

CLI::Option* add_whole(CLI::App& app, const std::string& flags, std::optional<int>& target, const std::string& help) {
  return add_value(app, flags, target, parse_number<int>, "a whole number", help)->type_name("N");
}

CLI::Option* add_whole(CLI::App& app, const std::string& flags, int& target, const std::string& help) {
  return add_value(app, flags, target, parse_number<int>, "a whole number", help)->type_name("N");
}

CLI::Option* add_size(CLI::App& app, std::optional<Size>& target, const std::string& help) {
  return add_value(app, "--size", target, parse_size, "WIDTHxHEIGHT, such as 512x768", help)->type_name("WxH");
}

CLI::Option* add_threads(CLI::App& app, int& target) {
  return add_whole(app, "--threads", target, "Threads to compute with (default: one for each processor)");
}

CLI::Option* add_precision(CLI::App& app, Precision& target) {
  static const std::map<std::string, Precision> kPrecisions = {
      {"exact", Precision::exact}, {"balanced", Precision::balanced}, {"fast", Precision::fast}};
  return add_choice(app, "--precision", target, kPrecisions,
                    "How exactly to compute the network: f32; its linear layers in 8 bits; its convolutions too");
}

void add_policy(CLI::App& app, PolicyRules& target) {
  app.add_option("--policy-words", target.words, "Prompts with one of these words are refused: a word a line, or some")
      ->type_name("FILE");
  app.add_option("--policy-command", target.command,
                 "Is asked about each prompt and each picture, in JSON; it ends with 0 to allow and 1 to refuse")
      ->type_name("COMMAND");
}

CLI::Option* add_database(CLI::App& app, std::string& target) {
  return app
      .add_option("--database", target,
                  "PostgreSQL for the jobs, pictures and accounts of many machines: postgres://user@host/name "
                  "(default: SQLite in the library); a password is better in $PIXELFORGE_DATABASE or $PGPASSWORD")
      ->type_name("URL")
      ->envname("PIXELFORGE_DATABASE");
}

std::optional<std::uint64_t> parse_bytes(std::string_view text) {
  const std::size_t unit = std::min(text.size(), text.find_first_not_of("0123456789."));
  const auto number = parse_number<double>(text.substr(0, unit));
  std::string_view letters = text.substr(unit);
  while (letters.starts_with(' ')) letters.remove_prefix(1);
  if (!number || letters.empty()) return std::nullopt;
  const std::size_t power = std::string_view("KMGT").find(static_cast<char>(letters[0] & ~0x20));
  const std::string_view rest = letters.substr(1);
  if (power == std::string_view::npos || (!rest.empty() && rest != "B" && rest != "iB")) return std::nullopt;
  const double bytes = *number * std::pow(rest == "B" ? 1000.0 : 1024.0, static_cast<double>(power) + 1);
  return bytes >= 1 && bytes < 1e18 ? std::optional(static_cast<std::uint64_t>(bytes)) : std::nullopt;
}

CLI::Option* add_memory(CLI::App& app, std::uint64_t& target) {
  return add_value(app, "--memory", target, parse_bytes, "a size such as 3G, 2.5G or 800M",
                   "Memory that the program may take at its peak: where a picture wants more, its parts and their "
                   "weights take turns (default: what the machine has)")
      ->type_name("SIZE");
}

CLI::Option* add_shortcuts(CLI::App& app, std::optional<Shortcuts>& target, const std::string& help) {
  const auto read = [&target](const std::vector<std::string>& texts) {
    auto shortcuts = parse_shortcuts(fmt::format("{}", fmt::join(texts, "; ")));
    if (!shortcuts) throw CLI::ValidationError("--shortcut", shortcuts.error().message);
    target = std::move(shortcuts).value();
  };
  return app.add_option_function<std::vector<std::string>>("--shortcut", read, help)
      ->type_name("METHOD[:X,KEY=X...]")
      ->allow_extra_args(false);
}

}  // namespace pxf::cli
