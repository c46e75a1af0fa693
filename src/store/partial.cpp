#include "store/partial.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <set>
#include <string_view>

#include "base/file.h"
#include "store/same_file.h"

namespace pxf {
namespace {

namespace fs = std::filesystem;

/// "sha256-ab12" of "sha256-ab12.part.journal", and of the temporary files of writing that.
std::string key_of(const fs::path& path) {
  const std::string name = path.filename().string();
  const auto begin = name.find_first_not_of('.');
  return begin == std::string::npos ? std::string() : name.substr(begin, name.find('.', begin) - begin);
}

fs::path lock_path(const fs::path& folder, const std::string& key) { return folder / (key + ".lock"); }

/// Held when it is open. Not open: someone else holds it.
Result<Descriptor> take_lock(const fs::path& path) {
  while (true) {
    Descriptor lock(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644));
    if (!lock.is_open()) return system_error(errno, "write", path);
    if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
      if (errno == EWOULDBLOCK) return Descriptor();
      return system_error(errno, "lock", path);
    }
    if (is_same_file(path, lock)) return lock;  // else its last holder has removed it meanwhile
  }
}

/// All of a key but its lock.
void remove_all_of(const fs::path& folder, const std::string& key) {
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator(folder, failed)) {
    const fs::path& path = entry.path();
    if (key_of(path) == key && path.extension() != ".lock") ::unlink(path.c_str());
  }
}

std::uint64_t size_of(const Descriptor& file) {
  struct stat info {};
  return ::fstat(file.get(), &info) == 0 ? static_cast<std::uint64_t>(info.st_size) : 0;
}

}  // namespace

Result<std::optional<PartialBlob>> PartialBlob::open(const fs::path& folder, const std::string& key) {
  std::error_code failed;
  fs::create_directories(folder, failed);
  if (failed) return system_error(failed.value(), "make the folder", folder);
  Result<Descriptor> lock = take_lock(lock_path(folder, key));
  if (!lock) return std::move(lock).error();
  if (!lock.value().is_open()) return std::optional<PartialBlob>();
  const fs::path path = folder / (key + ".part");
  Descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644));
  if (!file.is_open()) return system_error(errno, "write", path);
  return std::optional(PartialBlob(path, std::move(lock).value(), std::move(file)));
}

PartialBlob::~PartialBlob() {
  if (!lock_.is_open()) return;
  // Empty, or a blob by now: nothing is left for another run.
  if (size_of(file_) == 0 || !is_same_file(path_, file_)) remove_all_of(path_.parent_path(), key_of(path_));
  ::unlink(lock_path(path_.parent_path(), key_of(path_)).c_str());
}

void PartialBlob::discard() noexcept {
  if (::ftruncate(file_.get(), 0) != 0) ::unlink(path_.c_str());
}

Result<SweptPartial> sweep_partial(const fs::path& folder) {
  std::set<std::string> keys;
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator(folder, failed)) keys.insert(key_of(entry.path()));
  SweptPartial swept;
  for (const std::string& key : keys) {
    Result<std::optional<PartialBlob>> one = PartialBlob::open(folder, key);
    if (!one) return std::move(one).error();
    if (!one.value()) continue;
    const std::uint64_t bytes = size_of(one.value()->file());
    swept.files += bytes > 0;
    swept.bytes += bytes;
    one.value()->discard();
  }
  return swept;
}

}  // namespace pxf
