// A ZIP file written piece by piece, uncompressed: what goes into it here is compressed already. At most 65,534 entries
// and 4 GB.
#pragma once

#include <cstdint>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <string>

#include "base/bytes.h"

namespace pxf {

class ZipWriter {
 public:
  /// Throws Failure(io).
  explicit ZipWriter(const std::filesystem::path& path);

  /// Whether so many bytes more under this name fit.
  bool has_room(const std::string& name, std::uint64_t bytes) const;
  /// `name`: with slashes, UTF-8; `time`: seconds since 1970. Throws Failure(io, no_space).
  void add(const std::string& name, Bytes bytes, std::time_t time);
  /// Once, at the end.
  void finish();

 private:
  void write(const std::string& bytes);

  std::filesystem::path path_;
  std::ofstream out_;
  std::string directory_;
  std::uint64_t written_ = 0;
  std::uint32_t entries_ = 0;
};

}  // namespace pxf
