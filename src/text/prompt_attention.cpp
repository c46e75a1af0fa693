#include "text/prompt_attention.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>

#include "text/prompt_scan.h"

namespace pxf {
namespace {

constexpr std::string_view kSpecial = "\\()[]:";

double times(double weight, double factor) { return std::clamp(weight * factor, -kLargestWeight, kLargestWeight); }

// Brackets of one kind. Each knows the one around it, so that a span needs to remember the innermost one only. The two
// kinds need not nest in each other: in "(a[b)c]" b is in both.
class Brackets {
 public:
  static constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();

  /// A bracket never closed multiplies by `factor`, after all those that are: in the order of `when_unclosed`.
  Brackets(double factor, std::size_t when_unclosed) : factor_(factor), when_unclosed_(when_unclosed) {}

  std::size_t innermost() const { return innermost_; }
  bool any_open() const { return innermost_ != kNone; }
  void open() {
    all_.push_back({innermost_, when_unclosed_, factor_});
    innermost_ = all_.size() - 1;
  }
  void close(std::size_t when) { close(when, factor_); }
  void close(std::size_t when, double factor) {
    Bracket& bracket = all_[innermost_];
    bracket.closed = when;
    bracket.factor = factor;
    innermost_ = bracket.outer;
  }

  std::size_t outer(std::size_t bracket) const { return all_[bracket].outer; }
  std::size_t closed(std::size_t bracket) const { return bracket == kNone ? kNone : all_[bracket].closed; }
  double factor(std::size_t bracket) const { return all_[bracket].factor; }

  /// Of a bracket with all around it, once multiply() was called.
  double product(std::size_t bracket) const { return bracket == kNone ? 1 : all_[bracket].product; }
  void multiply() {
    for (Bracket& bracket : all_) bracket.product = times(product(bracket.outer), bracket.factor);
  }

 private:
  struct Bracket {
    std::size_t outer, closed;
    double factor, product = 1;
  };
  double factor_;
  std::size_t when_unclosed_;
  std::size_t innermost_ = kNone;
  std::vector<Bracket> all_;
};

class AttentionParser {
 public:
  /// Takes the first item of a text that is not empty; gives its length.
  std::size_t take(std::string_view text);
  std::vector<WeightedText> spans();

 private:
  struct Span {
    std::string text;
    double weight;
    std::size_t round, square;
  };

  void add(std::string_view text, double weight = 1) {
    spans_.push_back({std::string(text), weight, round_.innermost(), square_.innermost()});
  }
  void add_plain(std::string_view text);
  std::size_t take_escape(std::string_view text);
  std::size_t take_colon(std::string_view text);
  std::size_t take_closing(std::string_view text, Brackets& brackets);
  double weight_of(const Span& span) const;

  Brackets round_{1.1, Brackets::kNone - 2}, square_{1 / 1.1, Brackets::kNone - 1};
  std::size_t closed_ = 0;
  std::vector<Span> spans_;
};

std::size_t AttentionParser::take(std::string_view text) {
  switch (text[0]) {
    case '\\': return take_escape(text);
    case ':': return take_colon(text);
    case '(': return round_.open(), 1;
    case '[': return square_.open(), 1;
    case ')': return take_closing(text, round_);
    case ']': return take_closing(text, square_);
    default: break;
  }
  text = text.substr(0, text.find_first_of(kSpecial));
  add_plain(text);
  return text.size();
}

// A backslash before anything but these is nothing.
std::size_t AttentionParser::take_escape(std::string_view text) {
  const bool escapes = text.size() > 1 && kSpecial.substr(0, 5).find(text[1]) != kSpecial.npos;
  add(escapes ? text.substr(1, 1) : "");
  return escapes ? 2 : 1;
}

// ": 1.2 )" closes a round bracket; signs and exponents other than those are text.
std::size_t AttentionParser::take_colon(std::string_view text) {
  const std::string_view number = without_leading_space(text.substr(1));
  const std::size_t sign = number.starts_with('+') || number.starts_with('-') ? 1 : 0;
  const std::size_t length = std::min(number.find_first_not_of(".0123456789", sign), number.size());
  const std::string_view rest = without_leading_space(number.substr(length));
  std::optional<double> factor;
  if (round_.any_open() && rest.starts_with(')')) factor = decimal_number(number.substr(0, length));
  if (!factor) {
    add(":");
    return 1;
  }
  round_.close(closed_++, *factor);
  return text.size() - rest.size() + 1;
}

std::size_t AttentionParser::take_closing(std::string_view text, Brackets& brackets) {
  if (brackets.any_open()) {
    brackets.close(closed_++);
  } else {
    add(text.substr(0, 1));
  }
  return 1;
}

void AttentionParser::add_plain(std::string_view text) {
  constexpr std::string_view word = "BREAK";
  for (std::size_t at; (at = find_whole_word(text, word)) != text.npos;) {
    add(without_trailing_space(text.substr(0, at)));
    add(word, -1);
    text = without_leading_space(text.substr(at + word.size()));
  }
  add(text);
}

// Multiplies in the order in which the brackets closed, which is A1111's: its rounding decides what is equal and
// joined. Beyond what anybody writes the order does not matter, and must not make the time quadratic.
double AttentionParser::weight_of(const Span& span) const {
  double weight = span.weight;
  std::size_t round = span.round, square = span.square;
  for (int depth = 0; depth < 256; ++depth) {
    if (round == Brackets::kNone && square == Brackets::kNone) return weight;
    const bool is_round = round_.closed(round) < square_.closed(square);
    const Brackets& kind = is_round ? round_ : square_;
    std::size_t& bracket = is_round ? round : square;
    weight = times(weight, kind.factor(bracket));
    bracket = kind.outer(bracket);
  }
  return times(times(weight, round_.product(round)), square_.product(square));
}

std::vector<WeightedText> AttentionParser::spans() {
  round_.multiply();
  square_.multiply();
  std::vector<WeightedText> out;
  for (Span& span : spans_) {
    const double weight = weight_of(span);
    if (!out.empty() && out.back().weight == weight) {
      out.back().text += span.text;
    } else {
      out.push_back({std::move(span.text), weight});
    }
  }
  if (out.empty()) out.push_back({});
  return out;
}

}  // namespace

std::vector<WeightedText> a1111_attention(std::string_view prompt) {
  AttentionParser parser;
  while (!prompt.empty()) prompt.remove_prefix(parser.take(prompt));
  return parser.spans();
}

}  // namespace pxf
