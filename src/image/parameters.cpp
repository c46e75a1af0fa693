#include "image/parameters.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>

namespace pxf {
namespace {

constexpr std::string_view kNegative = "Negative prompt:";
constexpr std::string_view kBlank = " \t\n\v\f\r";
constexpr std::size_t kFewestFields = 3;  // fewer are words of the prompt
constexpr auto npos = std::string_view::npos;

std::string_view strip(std::string_view text) {
  const auto begin = text.find_first_not_of(kBlank);
  if (begin == npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlank) + 1 - begin);
}

// Outside ASCII all characters count as letters, where Python's \w asks Unicode: a key such as "模型" is one.
bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}
bool is_key(char c) { return is_word(c) || c == ' ' || c == '-' || c == '/'; }

struct RawField {
  std::string_view key, value;
};

/// The first field of `rest`, which moves past it: A1111's regular expression
///   \s*(\w[\w \-/]+):\s*("(?:\\.|[^\\"])+"|[^,]*)(?:,|$)
std::optional<RawField> take_field(std::string_view& rest) {
  for (std::size_t colon = rest.find(':'); colon != npos; colon = rest.find(':', colon + 1)) {
    std::size_t begin = colon;
    while (begin > 0 && is_key(rest[begin - 1])) --begin;
    while (begin < colon && !is_word(rest[begin])) ++begin;
    const std::string_view key = rest.substr(begin, colon - begin);
    const auto characters = std::ranges::count_if(key, [](char c) { return (c & 0xc0) != 0x80; });
    if (characters < 2) continue;

    const std::size_t from = std::min(rest.find_first_not_of(kBlank, colon + 1), rest.size());
    std::size_t end = std::min(rest.find(',', from), rest.size());
    if (from < rest.size() && rest[from] == '"') {
      std::size_t quote = from + 1;  // to be the closing one
      while (quote < rest.size() && rest[quote] != '"') quote += rest[quote] == '\\' ? 2 : 1;
      const bool closed = quote < rest.size();
      if (closed && (quote + 1 == rest.size() || rest[quote + 1] == ',')) end = quote + 1;
    }
    const RawField field{key, rest.substr(from, end - from)};
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return field;
  }
  return std::nullopt;
}

std::vector<RawField> fields_of(std::string_view line) {
  std::vector<RawField> fields;
  while (auto field = take_field(line)) fields.push_back(*field);
  return fields;
}

std::string unquote(std::string_view value) {
  if (value.front() == '"' && value.back() == '"') {
    const auto json = nlohmann::json::parse(value, nullptr, false);
    if (json.is_string()) return json.get<std::string>();
  }
  return std::string(value);
}

/// "512x768" as {"512", "768"}.
std::optional<std::pair<std::string, std::string>> split_size(std::string_view value) {
  const auto is_number = [](std::string_view text) {
    return !text.empty() && text.find_first_not_of("0123456789") == npos;
  };
  const auto x = value.find('x');
  if (x == npos || !is_number(value.substr(0, x)) || !is_number(value.substr(x + 1))) return std::nullopt;
  return std::pair(std::string(value.substr(0, x)), std::string(value.substr(x + 1)));
}

std::vector<std::pair<std::string, std::string>> meaning_of(const std::vector<RawField>& raw) {
  std::vector<std::pair<std::string, std::string>> fields;
  std::map<std::string, std::size_t> places;  // in fields, by key
  const auto set = [&](const std::string& key, std::string value) {
    const auto [it, added] = places.try_emplace(key, fields.size());
    if (added) fields.emplace_back(key, std::string());
    fields[it->second].second = std::move(value);
  };
  for (const auto& [key, quoted] : raw) {
    if (quoted.empty()) continue;
    std::string value = unquote(quoted);
    if (auto size = split_size(value)) {
      set(std::string(key) + "-1", std::move(size->first));
      set(std::string(key) + "-2", std::move(size->second));
    } else {
      set(std::string(key), std::move(value));
    }
  }
  return fields;
}

/// Fills in the prompts from all lines but that of the fields.
void read_prompts(std::string_view lines, Parameters& parameters) {
  std::string* into = &parameters.prompt;
  for (bool more = true; more;) {
    const auto end = lines.find('\n');
    std::string_view line = strip(lines.substr(0, end));
    more = end != npos;
    if (more) lines.remove_prefix(end + 1);
    if (line.starts_with(kNegative)) {
      into = &parameters.negative;
      line = strip(line.substr(kNegative.size()));
    }
    if (!into->empty()) *into += '\n';
    *into += line;
  }
}

}  // namespace

std::string quote_parameter(std::string_view value) {
  if (value.find_first_of(",:\n") == npos) return std::string(value);
  return nlohmann::json(value).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string format_parameters(const Parameters& parameters) {
  std::string text = parameters.prompt;
  if (!parameters.negative.empty()) text.append("\n").append(kNegative).append(" ").append(parameters.negative);
  std::string_view separator = "\n";
  for (const auto& [key, value] : parameters.fields) {
    text.append(separator).append(key).append(": ").append(quote_parameter(value));
    separator = ", ";
  }
  return std::string(strip(text));
}

Parameters parse_parameters(std::string_view text) {
  text = strip(text);
  const auto last_break = text.rfind('\n');
  const auto fields = fields_of(last_break == npos ? text : text.substr(last_break + 1));
  Parameters parameters;
  if (fields.size() < kFewestFields) {
    read_prompts(text, parameters);
  } else {
    read_prompts(last_break == npos ? std::string_view() : text.substr(0, last_break), parameters);
    parameters.fields = meaning_of(fields);
  }
  return parameters;
}

}  // namespace pxf
