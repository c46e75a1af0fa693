#include "text/prompt_styles.h"

#include "base/error.h"
#include "text/prompt_scan.h"

namespace pxf {
namespace {

std::string_view stripped(std::string_view text) { return without_leading_space(without_trailing_space(text)); }

std::string with_style(std::string_view prompt, std::string_view style) {
  constexpr std::string_view placeholder = "{prompt}";
  std::string out;
  if (style.find(placeholder) == style.npos) {
    prompt = stripped(prompt);
    style = stripped(style);
    return out.append(prompt).append(prompt.empty() || style.empty() ? "" : ", ").append(style);
  }
  for (std::size_t at; (at = style.find(placeholder)) != style.npos;) {
    out.append(style.substr(0, at)).append(prompt);
    require(out.size() <= kLongestPrompt, "[styles] length: got more than {} bytes, need fewer", kLongestPrompt);
    style.remove_prefix(at + placeholder.size());
  }
  return out.append(style);
}

}  // namespace

std::string with_styles(std::string_view prompt, std::span<const std::string> styles) {
  std::string out(prompt);
  for (const std::string& style : styles) {
    out = with_style(out, style);
    require(out.size() <= kLongestPrompt, "[styles] length: got {} bytes, need {} or fewer", out.size(),
            kLongestPrompt);
  }
  return out;
}

}  // namespace pxf
