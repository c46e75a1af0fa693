// UTF-8 held against Latin-1, the encoding of PNG's older text chunks.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace pxf {

/// Well-formed UTF-8: no overlong forms, surrogates, or code points above U+10FFFF.
bool is_utf8(std::string_view text) noexcept;
bool is_ascii(std::string_view text) noexcept;
std::string latin1_to_utf8(std::string_view latin1);
/// None when some character is above U+00FF or the text is not UTF-8.
std::optional<std::string> utf8_to_latin1(std::string_view utf8);

}  // namespace pxf
