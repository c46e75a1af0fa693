// The texts in a picture of any format, where programs of this field keep what made it. Thread-safe.
#pragma once

#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "image/png_text.h"

namespace pxf {

/// The text entries of a PNG; of a JPEG or WebP what stands in Exif, XMP or a comment, under the keyword that a PNG
/// would have ("parameters", "prompt", "workflow"). All in UTF-8; the pixels are not decoded. Errors: unsupported
/// (another format), bad_file (a damaged PNG).
Result<std::vector<TextEntry>> read_picture_texts(Bytes file);

/// Of a JPEG or WebP alone; what is damaged is left out.
std::vector<TextEntry> jpeg_texts(Bytes file);
std::vector<TextEntry> webp_texts(Bytes file);

}  // namespace pxf
