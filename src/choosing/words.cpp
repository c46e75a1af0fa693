#include "choosing/words.h"

#include <utf8proc.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

#include "base/lower_case.h"

namespace pxf {
namespace {

constexpr std::size_t kLongestText = 64 << 10;
constexpr std::size_t kLongestWord = 64;

bool is_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

// Folded: lower case, compatible forms joined, marks gone. Empty when it cannot be read at all.
std::string folded(std::string_view text) {
  if (is_ascii(text)) return in_lower_case(std::string(text));
  utf8proc_uint8_t* out = nullptr;
  constexpr auto kHow = static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPAT | UTF8PROC_COMPOSE |
                                                       UTF8PROC_CASEFOLD | UTF8PROC_STRIPMARK | UTF8PROC_IGNORE);
  const auto size = utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                 static_cast<utf8proc_ssize_t>(text.size()), &out, kHow);
  if (size < 0) return {};
  const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owner(out, &std::free);
  return {reinterpret_cast<const char*>(out), static_cast<std::size_t>(size)};
}

// Each valid sequence on its own, so that one wrong byte does not hide the rest.
std::string valid_part(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    utf8proc_int32_t c = 0;
    const auto size = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                       static_cast<utf8proc_ssize_t>(text.size()), &c);
    const std::size_t taken = size > 0 ? static_cast<std::size_t>(size) : 1;
    size > 0 ? out.append(text.substr(0, taken)) : out.append(" ");
    text.remove_prefix(taken);
  }
  return out;
}

bool is_ideograph(std::int32_t c) { return (c >= 0x3040 && c <= 0x30ff) || (c >= 0x3400 && c <= 0x9fff); }

bool is_letter(std::int32_t c) {
  if (c < 0x80) return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
  switch (utf8proc_category(c)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_ND: return true;
    default: return false;
  }
}

bool ends_segment(std::int32_t c) {
  constexpr std::u32string_view kEnds = U",.;:!?|\n\u3001\u3002\u2014\u2013";
  return kEnds.find(static_cast<char32_t>(c)) != kEnds.npos;
}

bool is_apostrophe(std::int32_t c) { return c == '\'' || c == 0x2019 || c == 0x2bc; }

bool is_quotation_mark(std::int32_t c) {
  constexpr std::u32string_view kMarks = U"\"\u201c\u201d\u201e\u201f\u00ab\u00bb\u300c\u300d\u300e\u300f";
  return kMarks.find(static_cast<char32_t>(c)) != kMarks.npos;
}

std::string singular(std::string word) {
  const bool is_plural = word.size() > 2 && word.back() == 's' && word[word.size() - 2] != 's';
  const bool is_decade = word.size() == 3 && word[0] >= '0' && word[0] <= '9';
  if (is_plural && (word.size() > 3 || is_decade)) word.pop_back();
  return word;
}

class Splitter {
 public:
  std::vector<Word> operator()(std::string_view text) {
    while (!text.empty()) {
      utf8proc_int32_t c = 0;
      const auto size = static_cast<std::size_t>(
          std::max<utf8proc_ssize_t>(1, utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                                         static_cast<utf8proc_ssize_t>(text.size()), &c)));
      take(c, text.substr(0, size), text.substr(size));
      text.remove_prefix(size);
    }
    end_word();
    return std::move(words_);
  }

 private:
  void take(std::int32_t c, std::string_view bytes, std::string_view rest) {
    const bool in_number = c == '.' && !word_.empty() && is_digit(word_.back()) && !rest.empty() && is_digit(rest[0]);
    if (is_ideograph(c)) {
      end_word();
      word_ = bytes;
      end_word();
    } else if (is_letter(c) || in_number) {
      if (word_.size() < kLongestWord) word_ += bytes;
    } else if (!is_apostrophe(c)) {
      end_word();
      if (is_quotation_mark(c)) quoted_ = !quoted_;
      if (ends_segment(c) && !quoted_) ++segment_;
      if (c == '\n') ++line_;
    }
  }
  static bool is_digit(char c) { return c >= '0' && c <= '9'; }
  void end_word() {
    if (word_.empty()) return;
    words_.push_back({singular(word_), word_, segment_, line_, quoted_});
    word_.clear();
  }

  std::vector<Word> words_;
  std::string word_;
  std::uint32_t segment_ = 0, line_ = 0;
  bool quoted_ = false;
};

// <lora:neon:0.8> and the like name models, and say nothing of the picture.
std::string without_tags(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t open = text.find('<');
    out += text.substr(0, open);
    if (open == text.npos) break;
    const std::size_t close = text.find('>', open);
    if (close == text.npos) break;
    out += ' ';
    text.remove_prefix(close + 1);
  }
  return out;
}

bool is_one_of(std::string_view text, std::size_t at, std::string_view chars) {
  return at >= text.size() || chars.find(text[at]) != chars.npos;
}

// Where the quotation that opens at text[at] ends; npos when it is an apostrophe ("the '90s", "rock 'n' roll").
std::size_t closing_apostrophe(std::string_view text, std::size_t at) {
  constexpr std::size_t kFewest = 2, kLongest = 80;
  const bool opens = at == 0 || is_one_of(text, at - 1, " \n(:,");
  if (!opens || is_one_of(text, at + 1, " 0123456789")) return text.npos;
  for (std::size_t i = at + 1; i < std::min(at + kLongest, text.size()) && text[i] != '\n'; ++i) {
    if (text[i] == '\'' && is_one_of(text, i + 1, " ,.;:!?)\n")) return i > at + kFewest ? i : text.npos;
  }
  return text.npos;
}

// 'Open' as "Open": what stands between single marks shall be seen in the picture too.
std::string with_plain_quotes(std::string_view text) {
  std::string out(text);
  for (std::size_t at = out.find('\''); at != out.npos; at = out.find('\'', at + 1)) {
    const std::size_t close = closing_apostrophe(out, at);
    if (close == out.npos) continue;
    out[at] = out[close] = '"';
    at = close;
  }
  return out;
}

}  // namespace

std::vector<Word> words_of(std::string_view text) {
  text = text.substr(0, kLongestText);
  const std::string quoted = with_plain_quotes(without_tags(text));
  std::string plain = folded(quoted);
  if (plain.empty() && !text.empty()) plain = folded(valid_part(quoted));
  return Splitter()(plain);
}

}  // namespace pxf
