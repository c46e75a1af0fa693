#include "text/prompt_parts.h"

#include <algorithm>
#include <optional>
#include <string>

#include "text/prompt_scan.h"

namespace pxf {
namespace {

WeightedText part_of(std::string_view text) {
  text = without_trailing_space(text);
  const std::size_t colon = text.rfind(':');
  if (colon != text.npos) {
    const std::string_view number = without_leading_space(text.substr(colon + 1));
    const bool plain = number.find_first_of("eE") == number.npos;  // ":1e2" is text here
    if (const auto weight = plain ? decimal_number(number) : std::nullopt) {
      return {std::string(without_trailing_space(text.substr(0, colon))),
              std::clamp(*weight, -kLargestWeight, kLargestWeight)};
    }
  }
  return {std::string(text), 1};
}

}  // namespace

std::vector<WeightedText> and_parts(std::string_view prompt) {
  constexpr std::string_view word = "AND";
  std::vector<WeightedText> parts;
  for (std::size_t at; (at = find_whole_word(prompt, word)) != prompt.npos;) {
    parts.push_back(part_of(prompt.substr(0, at)));
    prompt.remove_prefix(at + word.size());
  }
  parts.push_back(part_of(prompt));
  return parts;
}

}  // namespace pxf
