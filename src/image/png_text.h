// The text entries of a PNG (tEXt, zTXt, iTXt): where programs of this field keep the parameters of a picture.
// W3C PNG, third edition, 11.3.3. Thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"

namespace pxf {

struct TextEntry {
  std::string keyword;  // "parameters", "prompt", "workflow"
  std::string text;     // UTF-8
};

/// Limits of what read_png_text takes from a file that may be hostile.
inline constexpr std::size_t kMaxTextEntries = 1024;
inline constexpr std::size_t kMaxTextBytes = std::size_t{32} << 20;  // of all entries, unpacked

/// All text entries in file order, in UTF-8; the pixels are not decoded. tEXt and zTXt are Latin-1 by the standard, but
/// text there that is UTF-8 (stable-diffusion.cpp writes it) is taken as such.
/// Errors: bad_file (no PNG, cut off, damaged, entries above the limits).
Result<std::vector<TextEntry>> read_png_text(Bytes file);

/// The type (4 bytes) and body of the chunk that holds an entry. As PIL, and so A1111, does it: tEXt when the text is
/// Latin-1, else iTXt; but Latin-1 text whose bytes read_png_text would take for UTF-8 goes into iTXt too.
/// Errors: invalid_argument (a keyword that is not 1 to 79 printable ASCII characters without outer or double spaces, a
/// text that is not UTF-8, holds a zero or is 2 GiB long).
Result<std::string> png_text_chunk(const TextEntry& entry);

}  // namespace pxf
