// Files that are fetched over several runs, on their way to being blobs: partial/KEY.part, and beside it whatever else
// begins with KEY, such as a journal. Whoever works on one holds KEY.lock; what is fetched outlives it.
// Not here: what is in them and how far they are (download/); giving them a blob's name (BlobStore).
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "base/descriptor.h"
#include "base/error.h"

namespace pxf {

class PartialBlob {
 public:
  /// Nothing while another process, or another PartialBlob, works on it. `key` has no dots and slashes; the folder is
  /// made. Errors: io, no_space.
  static Result<std::optional<PartialBlob>> open(const std::filesystem::path& folder, const std::string& key);

  PartialBlob(PartialBlob&&) noexcept = default;
  PartialBlob& operator=(PartialBlob&&) = delete;
  /// An empty file goes, and what stands beside it.
  ~PartialBlob();

  const std::filesystem::path& path() const noexcept { return path_; }
  /// Open for reading and writing.
  const Descriptor& file() const noexcept { return file_; }
  /// Makes it empty: its bytes are good for nothing.
  void discard() noexcept;

 private:
  PartialBlob(std::filesystem::path path, Descriptor lock, Descriptor file)
      : path_(std::move(path)), lock_(std::move(lock)), file_(std::move(file)) {}

  std::filesystem::path path_;
  Descriptor lock_, file_;
};

/// Removes those that nobody works on; gives their number and bytes.
struct SweptPartial {
  std::int64_t files = 0;
  std::uint64_t bytes = 0;
};
Result<SweptPartial> sweep_partial(const std::filesystem::path& folder);

}  // namespace pxf
