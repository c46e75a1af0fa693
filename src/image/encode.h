// Pictures with their parameters as JPEG and WebP, in memory; PNG is image/png.h. The same input gives the same bytes.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/error.h"
#include "image/image.h"

namespace pxf {

/// What the functions below refuse, told before there are pixels. Error: invalid_argument.
Status jpeg_holds(int width, int height, const std::string& parameters);
Status webp_holds(int width, int height);

/// `parameters`, UTF-8, goes into Exif's UserComment; quality 1 to 100. The picture has pixels, as many as its size
/// says. Errors: invalid_argument (sides or parameters that the format cannot hold), out_of_memory.
Result<std::vector<std::byte>> encode_jpeg(const Image& image, const std::string& parameters, int quality);
/// Quality 100 is lossless.
Result<std::vector<std::byte>> encode_webp(const Image& image, const std::string& parameters, int quality);

}  // namespace pxf
