#include "store/blobs.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <optional>

#include "base/disk_space.h"
#include "base/file.h"
#include "store/file_hash.h"
#include "store/same_file.h"
#include "store/stamp.h"

namespace pxf {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kHexDigits = 64;

Status make_folders(const fs::path& folder) {
  std::error_code failed;
  fs::create_directories(folder, failed);
  if (failed) return system_error(failed.value(), "make the folder", folder);
  return Done{};
}

Status sync_folder(const fs::path& folder) {
  const Descriptor open(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!open.is_open() || ::fsync(open.get()) != 0) return system_error(errno, "write", folder);
  return Done{};
}

/// Bytes that are reached by another name too might be changed there later.
bool has_one_name(const fs::path& path) {
  struct stat info {};
  return ::lstat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode) && info.st_nlink == 1;
}

Status write_all(const Descriptor& file, const char* bytes, std::size_t count, const fs::path& path) {
  while (count > 0) {
    const ssize_t n = ::write(file.get(), bytes, count);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return system_error(errno, "copy into the library", path);
    bytes += n;
    count -= static_cast<std::size_t>(n);
  }
  return Done{};
}

/// Reads `from` to its end, into `to` where that is open; gives the sha256.
Result<std::string> copy_and_hash(const Descriptor& from, const Descriptor* to, const fs::path& source,
                                  const fs::path& target, const CancelToken* cancel) {
  Sha256 hash;
  std::vector<char> block(std::size_t{1} << 20);
  while (true) {
    if (cancel != nullptr && cancel->requested()) return Error{ErrorCode::cancelled, "cancelled", {}};
    const ssize_t n = ::read(from.get(), block.data(), block.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return system_error(errno, "read", source);
    if (n == 0) return hash.digest();
    hash.add(block.data(), static_cast<std::size_t>(n));
    if (to == nullptr) continue;
    if (Status written = write_all(*to, block.data(), static_cast<std::size_t>(n), target); !written)
      return std::move(written).error();
  }
}

bool is_hash(const std::string& name) {
  return name.size() == kHexDigits && name.find_first_not_of("0123456789abcdef") == std::string::npos;
}

}  // namespace

StagedBlob::~StagedBlob() {
  if (lock_.is_open() && !outlives_ && is_same_file(path_, lock_)) ::unlink(path_.c_str());
}

fs::path BlobStore::path_of(const std::string& sha256) const { return root_ / "sha256" / sha256.substr(0, 2) / sha256; }

/// A file aside that is locked: new and empty, or another name of `link_to`. Not open when that cannot be linked.
Result<StagedBlob> BlobStore::make_aside(const fs::path& link_to) const {
  static std::atomic<unsigned> serial{0};
  const fs::path aside = root_ / "aside";
  if (Status made = make_folders(aside); !made) return std::move(made).error();
  while (true) {
    const fs::path path = aside / fmt::format("{}-{}.part", ::getpid(), serial++);
    if (!link_to.empty() && ::link(link_to.c_str(), path.c_str()) != 0) {
      if (errno == EEXIST) continue;
      return StagedBlob(path, Descriptor());
    }
    Descriptor file(
        ::open(path.c_str(), link_to.empty() ? O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC : O_RDONLY | O_CLOEXEC, 0644));
    if (!file.is_open() && errno == EEXIST) continue;
    if (!file.is_open()) return system_error(errno, "write", path);
    ::flock(file.get(), LOCK_SH);
    // A sweep may have come between the file and its lock.
    if (is_same_file(path, file)) return StagedBlob(path, std::move(file));
  }
}

Result<StagedBlob> BlobStore::stage(const fs::path& source, Staging how, const CancelToken* cancel) const {
  const Result<FileStamp> before = file_stamp(source);
  if (!before) return before.error();
  Descriptor from(::open(source.c_str(), O_RDONLY | O_CLOEXEC));
  if (!from.is_open()) return system_error(errno, "read", source);

  std::optional<StagedBlob> staged;
  if (how == Staging::hard_link && has_one_name(source)) {
    Result<StagedBlob> link = make_aside(source);
    if (!link) return std::move(link).error();
    if (link.value().lock_.is_open()) staged.emplace(std::move(link).value());
  }
  const bool copies = !staged;
  if (copies) {
    Result<StagedBlob> empty = make_aside({});
    if (!empty) return std::move(empty).error();
    staged.emplace(std::move(empty).value());
    if (Status enough = check_disk_space(root_, before.value().bytes, "free some space, or import with --link");
        !enough)
      return std::move(enough).error();
  }
  const Descriptor& file = staged->lock_;
  Result<std::string> hash = copy_and_hash(from, copies ? &file : nullptr, source, staged->path_, cancel);
  if (!hash) return std::move(hash).error();
  if (::fsync(file.get()) != 0) return system_error(errno, "copy into the library", staged->path_);
  const Result<FileStamp> after = file_stamp(source);
  if (!after || !(after.value() == before.value())) {
    return Error{ErrorCode::io, "changed while it was read; import it once nobody writes to it", source.string()};
  }
  staged->sha256_ = std::move(hash).value();
  return std::move(*staged);
}

Result<StagedBlob> BlobStore::stage(const PartialBlob& partial, const CancelToken* cancel) const {
  StagedBlob staged(partial.path(), Descriptor(::fcntl(partial.file().get(), F_DUPFD_CLOEXEC, 0)));
  staged.outlives_ = true;
  const Descriptor& file = staged.lock_;
  if (!file.is_open() || ::lseek(file.get(), 0, SEEK_SET) < 0) return system_error(errno, "read", partial.path());
  Result<std::string> hash = copy_and_hash(file, nullptr, partial.path(), {}, cancel);
  if (!hash) return std::move(hash).error();
  if (::fsync(file.get()) != 0) return system_error(errno, "write", partial.path());
  staged.sha256_ = std::move(hash).value();
  return staged;
}

Status BlobStore::place(const StagedBlob& staged) const {
  const fs::path path = path_of(staged.sha256_);
  if (Status made = make_folders(path.parent_path()); !made) return made;
  ::fchmod(staged.lock_.get(), 0444);  // a blob never changes
  // Over one that is there already: it has the same bytes, unless it was damaged.
  if (::rename(staged.path_.c_str(), path.c_str()) != 0) return system_error(errno, "write", path);
  if (Status synced = sync_folder(path.parent_path()); !synced) return synced;
  return sync_folder(path.parent_path().parent_path());
}

Result<std::vector<std::string>> BlobStore::all() const {
  std::vector<std::string> out;
  std::error_code failed;
  for (fs::recursive_directory_iterator it(root_ / "sha256", failed), end; !failed && it != end; it.increment(failed)) {
    if (std::string name = it->path().filename().string(); is_hash(name)) out.push_back(std::move(name));
  }
  if (failed && failed != std::errc::no_such_file_or_directory)
    return system_error(failed.value(), "read", root_ / "sha256");
  return out;
}

Result<std::uint64_t> BlobStore::remove(const std::string& sha256) const {
  const fs::path path = path_of(sha256);
  std::error_code none;
  const auto bytes = fs::file_size(path, none);
  if (::unlink(path.c_str()) == 0) return none ? std::uint64_t{0} : static_cast<std::uint64_t>(bytes);
  if (errno == ENOENT) return std::uint64_t{0};
  return system_error(errno, "remove", path);
}

Result<std::uint64_t> BlobStore::sweep_aside() const {
  std::uint64_t bytes = 0;
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator(root_ / "aside", failed)) {
    const Descriptor file(::open(entry.path().c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    if (!file.is_open() || ::flock(file.get(), LOCK_EX | LOCK_NB) != 0) continue;  // someone works on it
    std::error_code none;
    const auto size = entry.file_size(none);
    if (::unlink(entry.path().c_str()) == 0 && !none) bytes += size;
  }
  return bytes;
}

}  // namespace pxf
