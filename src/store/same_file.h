// Whether a file that was opened, and then locked, is still the one of that name: who held the lock before may have
// removed or renamed it between the two.
#pragma once

#include <sys/stat.h>

#include <filesystem>

#include "base/descriptor.h"

namespace pxf {

inline bool is_same_file(const std::filesystem::path& path, const Descriptor& file) {
  struct stat by_path {
  }, by_file{};
  return ::stat(path.c_str(), &by_path) == 0 && ::fstat(file.get(), &by_file) == 0 &&
         by_path.st_ino == by_file.st_ino && by_path.st_dev == by_file.st_dev;
}

}  // namespace pxf
