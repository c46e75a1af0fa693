#include "text/prompt_braces.h"

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <utility>

#include "text/prompt_scan.h"

namespace pxf {
namespace {

class BraceParser {
 public:
  explicit BraceParser(std::string_view text) : text_(text) {}
  std::vector<TextOptions> places();

 private:
  struct Open {
    std::size_t at, first_bar;
    std::size_t braces;  // how many of the open brackets up to this one are braces
  };

  void open(std::size_t at) {
    const std::size_t before = open_.empty() ? 0 : open_.back().braces;
    open_.push_back({at, bars_.size(), before + (text_[at] == '{' ? 1 : 0)});
  }
  void close_square();
  void close_brace(std::size_t at);

  std::string_view text_;
  std::vector<Open> open_;
  std::vector<std::size_t> bars_;  // directly inside the open brackets, outermost first
  std::vector<TextOptions> found_;
};

std::vector<TextOptions> BraceParser::places() {
  for (std::size_t at = 0; at < text_.size(); ++at) {
    switch (text_[at]) {
      case '\\': ++at; break;
      case '{':
      case '[': open(at); break;
      case '|': bars_.push_back(at); break;
      case '}': close_brace(at); break;
      case ']': close_square(); break;
      default: break;
    }
  }
  std::sort(found_.begin(), found_.end(),
            [](const TextOptions& a, const TextOptions& b) { return a.place.begin < b.place.begin; });
  return std::move(found_);
}

void BraceParser::close_square() {
  if (open_.empty() || text_[open_.back().at] != '[') return;
  bars_.resize(open_.back().first_bar);
  open_.pop_back();
}

void BraceParser::close_brace(std::size_t at) {
  if (open_.empty() || open_.back().braces == 0) return;
  while (text_[open_.back().at] != '{') open_.pop_back();  // never closed: its bars are the brace's
  const Open brace = open_.back();
  open_.pop_back();
  TextOptions options{{brace.at, at + 1}, {}};
  std::size_t begin = brace.at + 1;
  for (std::size_t i = brace.first_bar; i < bars_.size(); ++i) {
    options.options.push_back({begin, bars_[i]});
    begin = bars_[i] + 1;
  }
  options.options.push_back({begin, at});
  bars_.resize(brace.first_bar);
  if (options.options.size() > 1) found_.push_back(std::move(options));
}

/// Takes the "3::" away from the start of an option; gives its number, else 1.
double take_likelihood(std::string_view text, TextRange& option) {
  const std::string_view all = text.substr(option.begin, option.end - option.begin);
  const std::size_t digits = std::min(all.find_first_not_of("0123456789."), all.size());
  const auto number = decimal_number(all.substr(0, digits));
  if (!number || !all.substr(digits).starts_with("::")) return 1;
  option.begin += digits + 2;
  return std::min(*number, 1e9);
}

}  // namespace

Braces braces_of(std::string_view text) {
  Braces braces{BraceParser(text).places(), {}};
  for (TextOptions& place : braces.places) {
    std::vector<double>& likelihoods = braces.likelihoods.emplace_back();
    for (TextRange& option : place.options) likelihoods.push_back(take_likelihood(text, option));
    const double sum = std::accumulate(likelihoods.begin(), likelihoods.end(), 0.0);
    if (sum <= 0) likelihoods.assign(likelihoods.size(), 1);
  }
  return braces;
}

}  // namespace pxf
