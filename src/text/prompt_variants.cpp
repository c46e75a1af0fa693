#include "text/prompt_variants.h"

#include <algorithm>
#include <cstddef>
#include <numeric>

#include "base/error.h"
#include "base/rng/torch_cuda.h"
#include "text/prompt_braces.h"
#include "text/prompt_scan.h"
#include "text/prompt_styles.h"

namespace pxf {
namespace {

constexpr int kDeepest = 16;
constexpr std::uint32_t kMostChoices = 100'000;

// Numbers of the seed that its noise (torch_cuda.h) does not use: that has the place in a picture where the mark is
// here.
class Chooser {
 public:
  explicit Chooser(std::uint64_t seed) : seed_(seed) {}

  /// One of `weights`, whose sum is positive, as likely as its weight says.
  std::size_t choose(const std::vector<double>& weights) {
    double left = next() * std::accumulate(weights.begin(), weights.end(), 0.0);
    std::size_t chosen = 0;
    for (std::size_t i = 0; i < weights.size(); ++i) {
      if (weights[i] <= 0) continue;
      chosen = i;
      if (left < weights[i]) break;
      left -= weights[i];
    }
    return chosen;
  }
  std::size_t choose(std::size_t count) {
    return std::min(static_cast<std::size_t>(next() * static_cast<double>(count)), count - 1);
  }

 private:
  double next() {
    require(count_ < kMostChoices, "[variants] choices: got more than {} in one prompt, need fewer", kMostChoices);
    const auto low = static_cast<std::uint32_t>(seed_), high = static_cast<std::uint32_t>(seed_ >> 32);
    constexpr std::uint32_t mark = 0x70726f6d;  // "prom"
    return philox4x32({0, 0, count_++, mark}, {low, high})[0] * 0x1p-32;
  }

  std::uint64_t seed_;
  std::uint32_t count_ = 0;
};

/// The name of the wildcard that `text`, starting with "__", starts with; empty when it is none.
std::string_view wildcard_name(std::string_view text) {
  const std::string_view name = text.substr(2, text.find("__", 2) - 2);
  if (name.size() + 4 > text.size() || name.find("..") != name.npos || name.starts_with('/')) return {};
  std::size_t end = 0;
  while (end < name.size()) {
    const std::size_t word = leading_word(name.substr(end)).size();
    const bool punctuation = std::string_view(" -./").find(name[end]) != name.npos;
    if (word == 0 && !punctuation) return {};
    end += word > 0 ? word : 1;
  }
  return name;
}

class Expander {
 public:
  Expander(std::uint64_t seed, const WildcardLines& wildcards) : chooser_(seed), wildcards_(wildcards) {}

  void expand(std::string_view text, int depth) {
    const Braces braces = braces_of(text);
    for_each_piece(
        text, braces.places, [&](std::size_t i) { return chooser_.choose(braces.likelihoods[i]); },
        [&](std::string_view piece) { add_with_wildcards(piece, depth); });
  }
  std::string result() { return std::move(out_); }

 private:
  void add_with_wildcards(std::string_view text, int depth) {
    for (std::size_t at; wildcards_ && (at = text.find("__")) != text.npos;) {
      add(text.substr(0, at));
      text.remove_prefix(at);
      const std::string_view name = wildcard_name(text);
      if (!name.empty() && expand_wildcard(name, depth)) {
        text.remove_prefix(name.size() + 4);
      } else {  // what would have closed the name may open one
        const std::size_t plain = name.empty() ? 1 : name.size() + 2;
        add(text.substr(0, plain));
        text.remove_prefix(plain);
      }
    }
    add(text);
  }

  bool expand_wildcard(std::string_view name, int depth) {
    const std::vector<std::string> lines = wildcards_(name);
    if (lines.empty()) return false;
    require(depth < kDeepest, "[wildcards] depth: got more than {} in each other, need fewer: __{}__ leads to itself",
            kDeepest, name);
    expand(lines[chooser_.choose(lines.size())], depth + 1);
    return true;
  }

  void add(std::string_view text) {
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '\\' && i + 1 < text.size()) {
        if (text[i + 1] != '{' && text[i + 1] != '}') out_ += text[i];
        ++i;
      }
      out_ += text[i];
    }
    require(out_.size() <= kLongestPrompt, "[variants] length: got {} bytes, need {} or fewer", out_.size(),
            kLongestPrompt);
  }

  Chooser chooser_;
  const WildcardLines& wildcards_;
  std::string out_;
};

}  // namespace

std::string choose_variants(std::string_view prompt, std::uint64_t seed, const WildcardLines& wildcards) {
  Expander expander(seed, wildcards);
  expander.expand(prompt, 0);
  return expander.result();
}

}  // namespace pxf
