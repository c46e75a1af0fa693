// UTF-8 held against Latin-1, the encoding of PNG's older text chunks, and UTF-16, that of Exif's comments.
#pragma once

#include <cstdint>
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
/// Big-endian; what is not UTF-8 becomes U+FFFD.
std::string utf8_to_utf16be(std::string_view utf8);
/// Adds a code point, which is no surrogate.
void append_utf8(std::string& out, std::uint32_t code);

}  // namespace pxf
