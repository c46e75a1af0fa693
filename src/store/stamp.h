// By what a file is taken to be the same as before without reading it.
#pragma once

#include <cstdint>
#include <filesystem>

#include "base/error.h"

namespace pxf {

struct FileStamp {
  std::uint64_t bytes = 0;
  std::int64_t mtime = 0;  // nanoseconds since 1970
  std::uint64_t inode = 0;

  bool operator==(const FileStamp&) const = default;
};

/// Of a file, or of a folder with the bytes of all files in it. Errors: not_found, io.
Result<FileStamp> file_stamp(const std::filesystem::path& path);

}  // namespace pxf
