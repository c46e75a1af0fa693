#include "store/stamp.h"

#include <sys/stat.h>

#include <cerrno>

#include "base/file.h"

namespace pxf {

namespace {

std::uint64_t bytes_under(const std::filesystem::path& folder) {
  std::uint64_t sum = 0;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder, ignored)) {
    if (entry.is_regular_file(ignored)) sum += entry.file_size(ignored);
  }
  return sum;
}

}  // namespace

Result<FileStamp> file_stamp(const std::filesystem::path& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return system_error(errno, "read", path);
  constexpr std::int64_t kSecond = 1'000'000'000;
  const std::uint64_t bytes = S_ISDIR(info.st_mode) ? bytes_under(path) : static_cast<std::uint64_t>(info.st_size);
  return FileStamp{bytes, info.st_mtim.tv_sec * kSecond + info.st_mtim.tv_nsec,
                   static_cast<std::uint64_t>(info.st_ino)};
}

}  // namespace pxf
