#include "text/prompt_comfy.h"

#include <algorithm>
#include <cstddef>
#include <deque>
#include <string>

#include "text/prompt_scan.h"

namespace pxf {
namespace {

constexpr std::size_t kNone = std::string_view::npos;

std::string unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escape = text[i] == '\\' && i + 1 < text.size() && (text[i + 1] == '(' || text[i + 1] == ')');
    if (!escape) out += text[i];
  }
  return out;
}

// Walks a prompt once from left to right. `closing_` pairs the brackets beforehand, so that nesting costs no time.
class ComfyParser {
 public:
  explicit ComfyParser(std::string_view prompt) : prompt_(prompt), end_(prompt.size()) { pair_brackets(); }
  std::vector<WeightedText> spans();

 private:
  struct Group {
    std::size_t content_end, end;
    double weight_around;
  };

  bool is_bracket(std::size_t at) const {
    return (prompt_[at] == '(' || prompt_[at] == ')') && (at == 0 || prompt_[at - 1] != '\\');
  }
  void pair_brackets();
  std::size_t enter(std::size_t open, std::size_t close);
  bool enter_unclosed();
  void flush(std::size_t begin, std::size_t end) {
    if (begin < end) spans_.push_back({unescaped(prompt_.substr(begin, end - begin)), weight_});
  }

  std::string_view prompt_;
  std::size_t end_;
  std::vector<std::size_t> closing_, opening_;  // of the bracket at a place: its partner, or none
  std::deque<std::size_t> unclosed_;
  std::vector<Group> groups_;
  std::vector<WeightedText> spans_;
  double weight_ = 1;
};

// A closing bracket too many is text, and so is the next opening one: ComfyUI only counts.
void ComfyParser::pair_brackets() {
  closing_.assign(prompt_.size(), kNone);
  opening_.assign(prompt_.size(), kNone);
  std::size_t excess = 0;
  for (std::size_t at = 0; at < prompt_.size(); ++at) {
    if (!is_bracket(at)) continue;
    if (prompt_[at] == '(') {
      if (excess > 0) {
        --excess;
      } else {
        unclosed_.push_back(at);
      }
    } else if (unclosed_.empty()) {
      ++excess;
    } else {
      closing_[unclosed_.back()] = at;
      opening_[at] = unclosed_.back();
      unclosed_.pop_back();
    }
  }
}

/// Sets the weight for the content of a group; gives where that ends: before the number, if there is one.
std::size_t ComfyParser::enter(std::size_t open, std::size_t close) {
  std::size_t colon = close - 1;
  while (colon > open + 1 && prompt_[colon] != ':' && !is_bracket(colon)) --colon;
  if (colon > open + 1 && prompt_[colon] == ':') {
    const std::string_view text = prompt_.substr(colon + 1, close - colon - 1);
    if (const auto number = decimal_number(without_trailing_space(without_leading_space(text)))) {
      weight_ = std::clamp(*number, -kLargestWeight, kLargestWeight);
      return colon;
    }
  }
  weight_ = std::clamp(weight_ * 1.1, -kLargestWeight, kLargestWeight);
  return close;
}

/// At the first bracket never closed: whether the end of the prompt closes it. The bracket that the last one of the
/// prompt belonged to is then without a partner.
bool ComfyParser::enter_unclosed() {
  const std::size_t open = unclosed_.front(), last = end_ - 1;
  if (last == open || !is_bracket(last) || prompt_[last] != ')') return false;
  unclosed_.pop_front();
  if (const std::size_t widowed = opening_[last]; widowed != kNone) {
    closing_[widowed] = kNone;
    unclosed_.push_back(widowed);
  }
  end_ = enter(open, last);
  return true;
}

std::vector<WeightedText> ComfyParser::spans() {
  std::size_t begin = 0;  // of the text not yet put out
  for (std::size_t at = 0; at < end_; ++at) {
    while (!groups_.empty() && at == groups_.back().content_end) {
      flush(begin, at);
      begin = at = groups_.back().end;
      weight_ = groups_.back().weight_around;
      groups_.pop_back();
    }
    if (at >= end_) break;
    if (const std::size_t close = closing_[at]; close != kNone) {
      flush(begin, at);
      const double around = weight_;
      const std::size_t content_end = enter(at, close);
      groups_.push_back({content_end, close + 1, around});
      begin = at + 1;
    } else if (!unclosed_.empty() && at == unclosed_.front()) {
      flush(begin, at);
      begin = at;
      if (!enter_unclosed()) break;
      begin = at + 1;
    }
  }
  flush(begin, end_);
  return spans_;
}

}  // namespace

std::vector<WeightedText> comfy_attention(std::string_view prompt) { return ComfyParser(prompt).spans(); }

}  // namespace pxf
