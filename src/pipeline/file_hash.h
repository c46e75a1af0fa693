// The sha256 of a file, read through a small buffer so that a large file does not push everything else out of memory.
#pragma once

#include <filesystem>
#include <string>

#include "base/bytes.h"
#include "base/error.h"
#include "pixelforge/cancel.h"

namespace pxf {

/// Lower-case hexadecimal. Errors: not_found, io, cancelled. `cancel` may be null.
Result<std::string> sha256_of_file(const std::filesystem::path& path, const CancelToken* cancel);
/// The same of bytes in memory. Error: internal.
Result<std::string> sha256_of(Bytes bytes);

}  // namespace pxf
