// Text from files that may not be the UTF-8 it should be.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace pxf {

/// Bytes of the character that `text` begins with; 0 when `text` is empty or that is no well-formed UTF-8 (overlong
/// forms, surrogates and code points above U+10FFFF are not).
std::size_t utf8_character(std::string_view text) noexcept;
bool well_formed_utf8(std::string_view text) noexcept;
/// The same text with U+FFFD for every byte that belongs to no character.
std::string repaired_utf8(std::string_view text);

}  // namespace pxf
