#pragma once

#include <algorithm>
#include <string>

namespace pxf {

/// ASCII letters alone: for names and endings of files, not for prose.
inline std::string in_lower_case(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return text;
}

}  // namespace pxf
