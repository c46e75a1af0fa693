#include "text/unicode.h"

#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <vector>

namespace pxf {
namespace {

constexpr char32_t kReplacement = 0xFFFD;
constexpr char32_t kFirstMark = 0x300;  // nothing below it ever composes with what stands before it

/// Full canonical decomposition, marks in canonical order.
std::vector<utf8proc_int32_t> nfd(std::u32string_view text) {
  std::vector<utf8proc_int32_t> out;
  out.reserve(text.size());
  for (const char32_t c : text) {
    std::array<utf8proc_int32_t, 8> parts;  // the longest canonical decomposition has four
    int boundary = 0;
    const auto count = utf8proc_decompose_char(static_cast<utf8proc_int32_t>(c), parts.data(), parts.size(),
                                               UTF8PROC_DECOMPOSE, &boundary);
    out.insert(out.end(), parts.begin(), parts.begin() + count);
  }
  // utf8proc's own ordering takes quadratic time on a long run of marks; a sort does not.
  const auto rank = [](utf8proc_int32_t c) { return utf8proc_get_property(c)->combining_class; };
  for (auto run = out.begin(); run != out.end();) {
    if (rank(*run) == 0) {
      ++run;
      continue;
    }
    const auto end = std::find_if(run, out.end(), [&](auto c) { return rank(c) == 0; });
    std::stable_sort(run, end, [&](auto a, auto b) { return rank(a) < rank(b); });
    run = end;
  }
  return out;
}

}  // namespace

std::u32string decode_utf8(std::string_view text) {
  std::u32string out;
  out.reserve(text.size());
  while (!text.empty()) {
    utf8proc_int32_t c = 0;
    const auto length = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                         static_cast<utf8proc_ssize_t>(text.size()), &c);
    out += length > 0 ? static_cast<char32_t>(c) : kReplacement;
    text.remove_prefix(length > 0 ? static_cast<std::size_t>(length) : 1);
  }
  return out;
}

void append_utf8(std::string& out, char32_t code_point) {
  std::array<utf8proc_uint8_t, 4> bytes;
  const auto length = utf8proc_encode_char(static_cast<utf8proc_int32_t>(code_point), bytes.data());
  out.append(reinterpret_cast<const char*>(bytes.data()), static_cast<std::size_t>(length));
}

std::u32string nfc(std::u32string text) {
  if (std::all_of(text.begin(), text.end(), [](char32_t c) { return c < kFirstMark; })) return text;
  std::vector<utf8proc_int32_t> points = nfd(text);
  const auto length = utf8proc_normalize_utf32(points.data(), static_cast<utf8proc_ssize_t>(points.size()),
                                               static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE));
  return {points.begin(), points.begin() + length};
}

std::u32string lower_case(std::u32string_view text) {
  std::u32string out;
  out.reserve(text.size());
  for (const char32_t c : text) {
    out += static_cast<char32_t>(utf8proc_tolower(static_cast<utf8proc_int32_t>(c)));
    // I with a dot above: the one character whose lower case is always two (SpecialCasing.txt).
    if (c == 0x130) out += char32_t{0x307};
  }
  return out;
}

CharClass class_of(char32_t code_point) noexcept {
  switch (utf8proc_category(static_cast<utf8proc_int32_t>(code_point))) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO: return CharClass::letter;
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO: return CharClass::number;
    case UTF8PROC_CATEGORY_ZS:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP: return CharClass::space;
    default:  // the white space among the control characters: tab to carriage return, next line
      return (code_point >= 0x9 && code_point <= 0xD) || code_point == 0x85 ? CharClass::space : CharClass::other;
  }
}

}  // namespace pxf
