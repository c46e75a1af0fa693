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
  } else if (code == EACCES || code == EPERM || code == EROFS) {
    error.message += "; choose a place you may use or change its permissions";
  }
  return error;
}

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
  if (size == 0) return std::shared_ptr<const MappedFile>(new MappedFile({}, path.string(), false));
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
      new MappedFile({static_cast<const std::byte*>(at), size}, path.string(), true));
}

std::shared_ptr<const MappedFile> MappedFile::of_static(Bytes bytes, std::string name) {
  return std::shared_ptr<const MappedFile>(new MappedFile(bytes, std::move(name), false));
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

Status write_file_atomically(const std::filesystem::path& path, Bytes bytes) {
  static std::atomic<unsigned> serial{0};  // two threads may write at once
  const std::string temporary =
      (path.parent_path() / fmt::format(".{}.{}-{}.part", path.filename().string(), ::getpid(), serial++)).string();
  Descriptor file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
  if (file.get() < 0) return system_error(errno, "write", path);
  const auto give_up = [&](int code) {
    ::unlink(temporary.c_str());
    return system_error(code, "write", path);
  };
  for (std::size_t done = 0; done < bytes.size();) {
    const ssize_t n = ::write(file.get(), bytes.data() + done, bytes.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return give_up(errno);
    done += static_cast<std::size_t>(n);
  }
  if (::fsync(file.get()) != 0) return give_up(errno);
  if (file.close() != 0) return give_up(errno);
  if (::rename(temporary.c_str(), path.c_str()) != 0) return give_up(errno);
  return Done{};
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
