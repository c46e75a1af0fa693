// Files: mapped for reading, written so that a reader sees either the old one or the whole new one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>

#include "base/bytes.h"
#include "base/error.h"

namespace pxf {

/// A read-only view of a file's bytes, or of bytes linked into the program. Pages are read when touched.
/// Immutable; safe for many threads. A file that another process cuts short while it is mapped raises SIGBUS on access:
/// readers check sizes against the length at opening.
class MappedFile {
 public:
  /// Errors: not_found, io (also for a directory or a device).
  static Result<std::shared_ptr<const MappedFile>> open(const std::filesystem::path& path);
  /// Bytes that outlive every user, such as an embedded checkpoint; `name` is for messages.
  static std::shared_ptr<const MappedFile> of_static(Bytes bytes, std::string name);

  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  Bytes bytes() const noexcept { return bytes_; }
  const std::string& name() const noexcept { return name_; }
  /// Two files of one stamp hold the same bytes, by device, inode, size and time; those linked in by their place.
  const std::string& stamp() const noexcept { return stamp_; }
  /// Lets the system drop these pages from this process; they are read again when touched. Does nothing for static
  /// bytes.
  void release_pages(Bytes part) const noexcept;

 private:
  MappedFile(Bytes bytes, std::string name, std::string stamp, bool mapped)
      : bytes_(bytes), name_(std::move(name)), stamp_(std::move(stamp)), mapped_(mapped) {}
  Bytes bytes_;
  std::string name_, stamp_;
  bool mapped_;
};

/// What a system call's errno means: "cannot DOING: ...", about `path`. Codes: not_found, no_space, io.
Error system_error(int code, const std::string& doing, const std::filesystem::path& path);

/// A file that grows piece by piece beside its place and takes it when it is complete: until commit() `path` is as it
/// was, and without one nothing stays behind. For one thread at a time.
/// Errors of all: no_space, io, not_found (no such folder), with `path` as the context.
class AtomicFile {
 public:
  static Result<AtomicFile> create(const std::filesystem::path& path);
  ~AtomicFile();
  AtomicFile(AtomicFile&& other) noexcept;
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  Status write(Bytes bytes);
  /// Syncs what was written to the disk and gives it its name, replacing a file that has it.
  Status commit();

 private:
  AtomicFile(std::filesystem::path path, std::string temporary, int descriptor)
      : path_(std::move(path)), temporary_(std::move(temporary)), descriptor_(descriptor) {}
  void begin_syncing() noexcept;

  std::filesystem::path path_;
  std::string temporary_;                  // empty once it has its name
  int descriptor_;                         // negative when closed
  std::uint64_t written_ = 0, begun_ = 0;  // bytes; begun: on their way to the disk
};

/// Writes `bytes` to a temporary file beside `path`, syncs it and renames it: on any failure `path` is as it was and
/// no temporary stays behind. Errors: no_space, io, not_found (no such folder).
Status write_file_atomically(const std::filesystem::path& path, Bytes bytes);

/// Errors: not_found, io, bad_file when it is longer than `limit` bytes.
Result<std::string> read_file(const std::filesystem::path& path, std::size_t limit);

}  // namespace pxf
