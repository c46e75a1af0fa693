// What the grammars of prompts call space, word and number. They were written in Python's regular expressions, so these
// are its \s and \w, on UTF-8.
// Pure functions; any bytes are accepted.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace pxf {

std::string_view without_leading_space(std::string_view text);
std::string_view without_trailing_space(std::string_view text);

/// Letters, digits and _ that `text` starts with.
std::string_view leading_word(std::string_view text);

/// Where `word` stands as a whole word, at `from` or after it; npos when nowhere.
std::size_t find_whole_word(std::string_view text, std::string_view word, std::size_t from = 0);

/// The number that the whole of `text` is: sign, digits, point, exponent. None for anything else, for "inf" and "nan",
/// and for a number that no double holds (1e999).
std::optional<double> decimal_number(std::string_view text);

}  // namespace pxf
