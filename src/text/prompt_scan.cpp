#include "text/prompt_scan.h"

#include <algorithm>
#include <charconv>
#include <string>
#include <system_error>

#include "text/unicode.h"

namespace pxf {
namespace {

bool is_space(char32_t c) { return class_of(c) == CharClass::space || (c >= 0x1c && c <= 0x1f); }

bool is_word(char32_t c) {
  const CharClass kind = class_of(c);
  return kind == CharClass::letter || kind == CharClass::number || c == U'_';
}

bool is_continuation(char byte) { return (static_cast<unsigned char>(byte) & 0xc0) == 0x80; }

struct CodePoint {
  char32_t value;
  std::size_t bytes;
};

CodePoint of_bytes(std::string_view text) {
  const std::u32string decoded = decode_utf8(text);
  return decoded.size() == 1 ? CodePoint{decoded[0], text.size()} : CodePoint{U'\ufffd', 1};
}

/// `text` is not empty, here and below. A byte that is not UTF-8 is one U+FFFD, which is neither space nor word.
CodePoint first(std::string_view text) {
  std::size_t bytes = 1;
  while (bytes < std::min<std::size_t>(text.size(), 4) && is_continuation(text[bytes])) ++bytes;
  return of_bytes(text.substr(0, bytes));
}

CodePoint last(std::string_view text) {
  std::size_t bytes = 1;
  while (bytes < std::min<std::size_t>(text.size(), 4) && is_continuation(text[text.size() - bytes])) ++bytes;
  return of_bytes(text.substr(text.size() - bytes));
}

}  // namespace

std::string_view without_leading_space(std::string_view text) {
  while (!text.empty()) {
    const auto [c, bytes] = first(text);
    if (!is_space(c)) break;
    text.remove_prefix(bytes);
  }
  return text;
}

std::string_view without_trailing_space(std::string_view text) {
  while (!text.empty()) {
    const auto [c, bytes] = last(text);
    if (!is_space(c)) break;
    text.remove_suffix(bytes);
  }
  return text;
}

std::string_view leading_word(std::string_view text) {
  std::size_t end = 0;
  while (end < text.size()) {
    const auto [c, bytes] = first(text.substr(end));
    if (!is_word(c)) break;
    end += bytes;
  }
  return text.substr(0, end);
}

std::size_t find_whole_word(std::string_view text, std::string_view word, std::size_t from) {
  for (std::size_t at = text.find(word, from); at != text.npos; at = text.find(word, at + 1)) {
    const std::string_view before = text.substr(0, at), after = text.substr(at + word.size());
    const bool joined =
        (!before.empty() && is_word(last(before).value)) || (!after.empty() && is_word(first(after).value));
    if (!joined) return at;
  }
  return text.npos;
}

std::optional<double> decimal_number(std::string_view text) {
  if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);  // from_chars knows no plus
  if (text.find_first_not_of("0123456789.eE+-") != text.npos) return {};
  double value = 0;
  const char* const end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stopped != end) return {};
  return value;
}

}  // namespace pxf
