#include "base/file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <utility>

#include "base/descriptor.h"

namespace pxf {

Error system_error(int code, const std::string& doing, const std::filesystem::path& path) {
  Error error{ErrorCode::io, fmt::format("cannot {}: {}", doing, std::strerror(code)), path.string()};
  if (code == ENOENT || code == ENOTDIR) {
    error.code = ErrorCode::not_found;
    error.message = fmt::format("cannot {}: no such file or folder", doing);
  } else if (code == ENOSPC || code == EDQUOT) {
    error.code = ErrorCode::no_space;
    error.message = fmt::format("cannot {}: the disk is full; free some space or choose another place", doing);
  } else if (code == EFBIG) {
    error.code = ErrorCode::no_space;
    error.message += "; the limit on the size of files (ulimit -f), or that of the file system, is smaller";
  } else if (code == EACCES || code == EPERM || code == EROFS) {
    error.message += "; choose a place you may use or change its permissions";
  }
  return error;
}

namespace {

std::string stamp_text(const struct stat& info) {
  return fmt::format("{}:{}:{}:{}.{:09}", info.st_dev, info.st_ino, info.st_size, info.st_mtim.tv_sec,
                     info.st_mtim.tv_nsec);
}

}  // namespace

Result<std::shared_ptr<const MappedFile>> MappedFile::open(const std::filesystem::path& path) {
  // O_NONBLOCK: opening a pipe must not hang before fstat has told that it is one.
  Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.get() < 0) return system_error(errno, "open", path);
  struct stat info {};
  if (::fstat(file.get(), &info) != 0) return system_error(errno, "read the size", path);
  if (!S_ISREG(info.st_mode)) {
    return Error{ErrorCode::io, S_ISDIR(info.st_mode) ? "is a folder, need a file" : "is not a regular file",
                 path.string()};
  }
  const auto size = static_cast<std::size_t>(info.st_size);
  std::string stamp = stamp_text(info);
  if (size == 0) {
    return std::shared_ptr<const MappedFile>(new MappedFile({}, path.string(), std::move(stamp), false));
  }
  void* at = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.get(), 0);
  if (at == MAP_FAILED) {
    const int code = errno;
    if (code == ENOMEM) {
      return Error{ErrorCode::out_of_memory,
                   fmt::format("cannot map {} bytes: the address space limit (ulimit -v) is too small", size),
                   path.string()};
    }
    return system_error(code, "map", path);
  }
  return std::shared_ptr<const MappedFile>(
      new MappedFile({static_cast<const std::byte*>(at), size}, path.string(), std::move(stamp), true));
}

std::shared_ptr<const MappedFile> MappedFile::of_static(Bytes bytes, std::string name) {
  std::string stamp = fmt::format("{}+{}", fmt::ptr(bytes.data()), bytes.size());
  return std::shared_ptr<const MappedFile>(new MappedFile(bytes, std::move(name), std::move(stamp), false));
}

MappedFile::~MappedFile() {
  if (mapped_) ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
}

void MappedFile::release_pages(Bytes part) const noexcept {
  if (!mapped_ || part.empty()) return;
  const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  // Only pages that lie wholly inside: their neighbours may still be in use.
  const auto begin = (reinterpret_cast<std::uintptr_t>(part.data()) + page - 1) / page * page;
  const auto end = reinterpret_cast<std::uintptr_t>(part.data() + part.size()) / page * page;
  if (begin < end) ::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
}

Result<AtomicFile> AtomicFile::create(const std::filesystem::path& path) {
  static std::atomic<unsigned> serial{0};  // two threads may write at once
  std::string temporary =
      (path.parent_path() / fmt::format(".{}.{}-{}.part", path.filename().string(), ::getpid(), serial++)).string();
  const int descriptor = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (descriptor < 0) return system_error(errno, "write", path);
  return AtomicFile(path, std::move(temporary), descriptor);
}

AtomicFile::AtomicFile(AtomicFile&& other) noexcept
    : path_(std::move(other.path_)),
      temporary_(std::exchange(other.temporary_, {})),
      descriptor_(std::exchange(other.descriptor_, -1)),
      written_(other.written_),
      begun_(other.begun_) {}

AtomicFile::~AtomicFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

Status AtomicFile::write(Bytes bytes) {
  for (std::size_t done = 0; done < bytes.size();) {
    const ssize_t n = ::write(descriptor_, bytes.data() + done, bytes.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return system_error(errno, "write", path_);
    done += static_cast<std::size_t>(n);
  }
  written_ += bytes.size();
  begin_syncing();
  return Done{};
}

// Systems let gigabytes gather before they write them: begun early, the disk works while the rest is being computed.
void AtomicFile::begin_syncing() noexcept {
#ifdef SYNC_FILE_RANGE_WRITE
  constexpr std::uint64_t kAtOnce = std::uint64_t{32} << 20;
  if (written_ - begun_ < kAtOnce) return;
  ::sync_file_range(descriptor_, static_cast<off_t>(begun_), static_cast<off_t>(written_ - begun_),
                    SYNC_FILE_RANGE_WRITE);
  begun_ = written_;
#endif
}

Status AtomicFile::commit() {
  if (::fsync(descriptor_) != 0) return system_error(errno, "write", path_);
  if (::close(std::exchange(descriptor_, -1)) != 0) return system_error(errno, "write", path_);
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) return system_error(errno, "write", path_);
  temporary_.clear();
  return Done{};
}

Status write_file_atomically(const std::filesystem::path& path, Bytes bytes) {
  auto file = AtomicFile::create(path);
  if (!file) return std::move(file).error();
  if (Status written = file.value().write(bytes); !written) return written;
  return file.value().commit();
}

Result<std::string> read_file(const std::filesystem::path& path, std::size_t limit) {
  auto file = MappedFile::open(path);
  if (!file) return std::move(file).error();
  const Bytes bytes = file.value()->bytes();
  if (bytes.size() > limit) {
    return Error{ErrorCode::bad_file, fmt::format("is {} bytes long, at most {} are read", bytes.size(), limit),
                 path.string()};
  }
  return std::string(as_text(bytes));
}

}  // namespace pxf
