// A file that goes when whoever holds it does.
#pragma once

#include <filesystem>
#include <utility>

#include "base/error.h"

namespace pxf {

/// Empty at first, under a name that nothing else has, for this user alone. What others do with the file, replacing it
/// included, is theirs. For one thread at a time. Not removed when the process is killed.
class TemporaryFile {
 public:
  /// Of "a.txt": "folder/a-XXXXXX.txt". Errors: not_found (no such folder), no_space, io.
  static Result<TemporaryFile> create(const std::filesystem::path& folder, const std::filesystem::path& name);
  ~TemporaryFile();
  TemporaryFile(TemporaryFile&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  const std::filesystem::path& path() const noexcept { return path_; }

 private:
  explicit TemporaryFile(std::filesystem::path path) : path_(std::move(path)) {}
  std::filesystem::path path_;
};

}  // namespace pxf
