#include "base/temporary_file.h"

#include <cerrno>
#include <cstdlib>

#include "base/descriptor.h"
#include "base/file.h"

namespace pxf {

Result<TemporaryFile> TemporaryFile::create(const std::filesystem::path& folder, const std::filesystem::path& name) {
  const std::string ending = name.extension().string();
  std::string path = (folder / name.stem()).string() + "-XXXXXX" + ending;
  const Descriptor made(::mkstemps(path.data(), static_cast<int>(ending.size())));
  if (!made.is_open()) return system_error(errno, "make a temporary file in", folder);
  return TemporaryFile(path);
}

TemporaryFile::~TemporaryFile() {
  if (path_.empty()) return;
  std::error_code none;
  std::filesystem::remove(path_, none);
}

}  // namespace pxf
