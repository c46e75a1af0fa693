// Text for a terminal: safe to show, wrapped, and numbers as people read them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pxf::cli {

/// `text` with control characters and what is not UTF-8 written as escapes: a name or description from a file can
/// neither move the cursor nor start an escape sequence.
std::string printable(std::string_view text);

/// Columns that a terminal uses for it.
int width_of(std::string_view text);

/// `text` padded with spaces to so many columns; longer text stays whole.
std::string padded(std::string_view text, int columns);

/// Words of `text` in lines of at most `columns`, every line but the first behind `indent` spaces.
std::string wrapped(std::string_view text, int columns, int indent);

/// Rows of equal length in aligned columns, each row ended by a newline: the first `left` columns flush left, the
/// others flush right.
std::string table(const std::vector<std::vector<std::string>>& rows, std::size_t left);

/// 36252326 as "36.3 MB"; powers of 1000.
std::string bytes_text(std::uint64_t bytes);

/// 859520964 as "860 M".
std::string count_text(std::int64_t count);

/// "0.02", "1.1", "94": finer than a person cares for is left out.
std::string seconds_text(double seconds);

}  // namespace pxf::cli
