// PNG pictures, in memory. Thread-safe: nothing is shared between calls.
// Not here: reading text entries back (image/png_text.h), what the text means (image/parameters.h), colour management.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "image/decoding.h"
#include "image/image.h"
#include "image/png_text.h"

namespace pxf {

/// An 8-bit RGB file that holds `texts` before the pixels, in order. The same input gives the same bytes.
/// `level`: zlib's 0 (fast) to 9 (small). Errors: invalid_argument (an empty picture, pixels that do not fit the size,
/// a level, keyword or text that a PNG cannot hold), out_of_memory.
Result<std::vector<std::byte>> encode_png(const Image& image, std::span<const TextEntry> texts = {}, int level = 6);

/// Any PNG as 8-bit RGB: grey and palette expanded, 16 bits rounded to 8, transparency laid over white.
/// Errors: bad_file, also for a picture of more than kMaxPixels (decoding.h); out_of_memory.
Result<Image> decode_png(Bytes file, Shown shown = Shown::colours);

}  // namespace pxf
