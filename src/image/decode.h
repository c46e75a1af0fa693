// Pictures of any format that people have, in memory. What a file is, is seen from its first bytes.
#pragma once

#include "base/bytes.h"
#include "base/error.h"
#include "image/decoding.h"
#include "image/image.h"

namespace pxf {

/// PNG, JPEG or WebP as 8-bit RGB: CMYK and grey converted, transparency laid over white, the first picture of an
/// animation; JPEGs turned upright as their Exif orientation says.
/// Errors: unsupported (another format), bad_file (damaged, or more than kMaxPixels), out_of_memory.
Result<Image> decode_image(Bytes file);

/// Where such a picture is transparent: white where it is wholly so, black where it is not. JPEGs are nowhere.
Result<Image> decode_transparency(Bytes file);

/// Of a JPEG or WebP alone; decode_image chooses.
Result<Image> decode_jpeg(Bytes file);
Result<Image> decode_webp(Bytes file, Shown shown = Shown::colours);

}  // namespace pxf
