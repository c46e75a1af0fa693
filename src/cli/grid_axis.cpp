#include "cli/grid_axis.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

namespace pxf::cli {
namespace {

constexpr const char* kPrompt = "prompt";
// Flags that say nothing of one picture.
constexpr std::array<std::string_view, 14> kNotOfAPicture{
    "output", "format", "quality", "picture",   "preview-model", "threads",   "precision",
    "memory", "from",   "count",   "embedding", "styles-file",   "wildcards", "help"};

bool may_vary(const CLI::Option& option) {
  const std::string name = option.get_name();
  return name.starts_with("--") && option.get_expected_max() > 0 && option.get_type_size() > 0 &&
         std::ranges::find(kNotOfAPicture, std::string_view(name).substr(2)) == kNotOfAPicture.end();
}

std::string flags_that_vary(CLI::App& flags) {
  std::string out;
  for (const CLI::Option* option : flags.get_options([](const CLI::Option* one) { return may_vary(*one); }))
    out += option->get_name().substr(2) + ", ";
  return out + kPrompt;
}

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> out;
  std::size_t begin = 0;
  while (begin <= text.size()) {
    const std::size_t end = std::min(text.find(separator, begin), text.size());
    out.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return out;
}

bool replace_all(std::string& text, const std::string& what, const std::string& by) {
  bool found = false;
  for (std::size_t at = text.find(what); at != text.npos; at = text.find(what, at + by.size())) {
    text.replace(at, what.size(), by);
    found = true;
  }
  return found;
}

void put_words(const GridAxis& axis, std::size_t i, GenerateOptions& options) {
  if (!options.prompt) options.prompt = options.request.prompt;
  std::string what = "{}";
  const auto has = [&](const std::string& words) {
    return options.prompt->find(words) != std::string::npos ||
           options.request.negative.find(words) != std::string::npos;
  };
  if (!has(what)) what = axis.values.front();
  if (what.empty() || !has(what)) {
    throw CLI::ValidationError(
        "prompt",
        fmt::format("got \"{}\", which is not in the prompt; need words of it, or {{}} in their place", what));
  }
  replace_all(*options.prompt, what, axis.values[i]);
  replace_all(options.request.negative, what, axis.values[i]);
}

}  // namespace

std::string GridAxis::label(std::size_t i) const {
  if (flag.empty()) return {};
  return flag == kPrompt ? values[i] : fmt::format("{} {}", flag, values[i]);
}

GridAxis parse_axis(const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || equals + 1 == text.size())
    throw CLI::ValidationError("side", fmt::format("got \"{}\", need FLAG=VALUE,VALUE such as cfg=3,5,7", text));
  GridAxis axis;
  axis.flag = text.substr(0, equals);
  std::ranges::replace(axis.flag, '_', '-');
  const std::string values = text.substr(equals + 1);
  axis.values = split(values, values.find(';') == std::string::npos ? ',' : ';');
  GenerateOptions unused;
  CLI::App flags;
  add_flags(flags, unused);
  const CLI::Option* option = flags.get_option_no_throw("--" + axis.flag);
  if (axis.flag != kPrompt && (option == nullptr || !may_vary(*option)))
    throw CLI::ValidationError("side", fmt::format("got \"{}\", need one of {}", axis.flag, flags_that_vary(flags)));
  return axis;
}

void apply(const GridAxis& axis, std::size_t i, GenerateOptions& options) {
  if (axis.flag.empty()) return;
  if (axis.flag == kPrompt) return put_words(axis, i, options);
  if (axis.flag == "lora" && (axis.values[i].empty() || axis.values[i] == "none")) return;
  CLI::App flags;
  add_flags(flags, options);
  flags.get_option("prompt")->required(false);
  flags.parse(std::vector<std::string>{fmt::format("--{}={}", axis.flag, axis.values[i])});
}

}  // namespace pxf::cli
