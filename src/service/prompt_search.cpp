#include "service/prompt_search.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/trimmed.h"

namespace pxf {
namespace {

constexpr std::size_t kLongestSearch = 1000, kMostTexts = 24;  // bytes, and what each row is compared with at most
constexpr int kIndexed = 3;                                    // characters: shorter texts are not in SQLite's index
constexpr std::string_view kWideSpace = "\xe3\x80\x80";        // U+3000, which Japanese and Chinese keyboards write

std::string_view beginning_of(std::string_view text) {
  if (text.size() <= kLongestSearch) return text;
  std::size_t end = kLongestSearch;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return text.substr(0, end);
}

std::string with_plain_spaces(std::string text) {
  for (auto at = text.find(kWideSpace); at != std::string::npos; at = text.find(kWideSpace, at))
    text.replace(at, kWideSpace.size(), " ");
  std::ranges::replace_if(
      text, [](unsigned char c) { return c < ' ' || c == 0x7f; }, ' ');
  return text;
}

bool is_in_index(std::string_view text) {
  return std::ranges::count_if(text, [](unsigned char c) { return (c & 0xc0) != 0x80; }) >= kIndexed;
}

/// A pattern for LIKE ... ESCAPE '\' that finds the text as it is written.
std::string pattern_of(const std::string& text) {
  std::string out = "%";
  for (const char c : text) {
    if (c == '%' || c == '_' || c == '\\') out += '\\';
    out += c;
  }
  return out + "%";
}

std::string is_like(const std::string& text, std::vector<SqlValue>& values) {
  values.emplace_back(pattern_of(text));
  return fmt::format("lower(prompt) LIKE lower(${}) ESCAPE '\\'", values.size());
}

}  // namespace

std::vector<std::string> searched_texts(std::string_view search) {
  std::vector<std::string> texts;
  std::string text;
  const auto take = [&] {
    const std::string whole(trimmed(text));
    text.clear();
    if (whole.empty() || texts.size() == kMostTexts || std::ranges::count(texts, whole) > 0) return;
    texts.push_back(whole);
  };
  bool in_quotes = false;
  for (const char c : with_plain_spaces(std::string(beginning_of(search)))) {
    if (c == '"') in_quotes = !in_quotes;
    if (c == '"' || (c == ' ' && !in_quotes)) {
      take();
    } else {
      text += c;
    }
  }
  take();
  return texts;
}

// PostgreSQL finds its index by itself.
std::string prompt_has(const std::vector<std::string>& texts, SqlDialect dialect, std::vector<SqlValue>& values) {
  std::string condition, in_index;
  const auto also = [&](const std::string& one) { condition += (condition.empty() ? "" : " AND ") + one; };
  for (const std::string& text : texts) {
    if (dialect == SqlDialect::sqlite && is_in_index(text)) {
      in_index += fmt::format("\"{}\" ", text);  // no quote is in it
    } else {
      also(is_like(text, values));
    }
  }
  if (!in_index.empty()) {
    values.emplace_back(in_index);
    also(
        fmt::format("id IN (SELECT image FROM prompt_entries WHERE entry IN "
                    "(SELECT rowid FROM prompt_index WHERE prompt_index MATCH ${}))",
                    values.size()));
  }
  return condition;
}

}  // namespace pxf
