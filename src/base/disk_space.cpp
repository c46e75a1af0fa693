#include "base/disk_space.h"

#include <sys/statvfs.h>

namespace pxf {

Status check_disk_space(const std::filesystem::path& folder, std::uint64_t needed, const std::string& advice) {
  struct statvfs disk {};
  if (::statvfs(folder.c_str(), &disk) != 0) return Done{};
  const std::uint64_t available = static_cast<std::uint64_t>(disk.f_bavail) * disk.f_frsize;
  if (needed <= available) return Done{};
  return Error{ErrorCode::no_space,
               fmt::format("the disk is full: got {} bytes free, need {}; {}", available, needed, advice),
               folder.string()};
}

}  // namespace pxf
