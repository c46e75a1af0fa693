#pragma once

#include <string_view>

namespace pxf {

/// Without the white space, or the characters of `white`, around it.
inline std::string_view trimmed(std::string_view text, std::string_view white = " \t\r\n") {
  const auto begin = text.find_first_not_of(white);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(white) - begin + 1);
}

}  // namespace pxf
