// The library's blobs: files named by the sha256 of what is in them.
// A blob appears whole or not at all (written aside, synced, renamed); it never changes. Safe for many processes at
// once. Not here: names, licences, families; deciding what to delete (Store).
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/descriptor.h"
#include "base/error.h"
#include "pixelforge/cancel.h"
#include "store/partial.h"

namespace pxf {

/// A file's bytes on the way in: complete and synced, but without their name. Goes when this goes, unless it was
/// partial: that stays until it has its name.
class StagedBlob {
 public:
  StagedBlob(StagedBlob&&) noexcept = default;
  StagedBlob& operator=(StagedBlob&&) noexcept = default;
  ~StagedBlob();

  const std::string& sha256() const noexcept { return sha256_; }

 private:
  friend class BlobStore;
  StagedBlob(std::filesystem::path path, Descriptor lock) : path_(std::move(path)), lock_(std::move(lock)) {}

  std::filesystem::path path_;
  Descriptor lock_;  // locked as long as someone works on it: a sweep leaves it alone
  std::string sha256_;
  bool outlives_ = false;  // this; it belongs to a PartialBlob
};

enum class Staging : std::uint8_t {
  copy,       // the bytes
  hard_link,  // no bytes where the file has one name and is on the same file system, else as copy; the source must go
};

class BlobStore {
 public:
  explicit BlobStore(std::filesystem::path root) : root_(std::move(root)) {}

  std::filesystem::path path_of(const std::string& sha256) const;

  /// Errors: not_found, io (also when the source changes meanwhile), no_space (looked at before anything is written),
  /// cancelled. `cancel` may be null.
  Result<StagedBlob> stage(const std::filesystem::path& source, Staging how, const CancelToken* cancel) const;
  /// What has been fetched, without another copy. Errors: io, cancelled.
  Result<StagedBlob> stage(const PartialBlob& partial, const CancelToken* cancel) const;
  /// Gives it its name. Done inside the transaction that records it, so that no sweep finds it unused.
  Status place(const StagedBlob& staged) const;

  std::filesystem::path partial_folder() const { return root_ / "partial"; }

  /// The hashes of all blobs.
  Result<std::vector<std::string>> all() const;
  /// Bytes that went; 0 where there was none.
  Result<std::uint64_t> remove(const std::string& sha256) const;
  /// Removes what broken-off imports have left aside; gives its bytes.
  Result<std::uint64_t> sweep_aside() const;

 private:
  Result<StagedBlob> make_aside(const std::filesystem::path& link_to) const;
  std::filesystem::path root_;
};

}  // namespace pxf
