// Text as code points, and the little of Unicode that tokenizers need.
// Pure functions; any input is accepted. Not here: segmentation into words (that is each tokenizer's own rule),
// collation.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace pxf {

/// The code points of UTF-8 text. Every byte that is not part of a valid sequence becomes one U+FFFD.
std::u32string decode_utf8(std::string_view text);

/// Appends `code_point`, which must be a Unicode scalar value.
void append_utf8(std::string& out, char32_t code_point);

/// Normalization form C (Unicode Standard Annex 15), in O(n log n) for any number of combining marks.
std::u32string nfc(std::u32string text);

/// Lower case, each code point by itself: sigma is always U+03C3, as tokenizers have it.
std::u32string lower_case(std::u32string_view text);

enum class CharClass : std::uint8_t { letter, number, space, other };

/// letter: category L; number: category N; space: the White_Space property.
CharClass class_of(char32_t code_point) noexcept;

}  // namespace pxf
