// The table of contents of a zip archive (PKWARE's APPNOTE 6.3), read in place; PyTorch writes its checkpoints as such.
// Read: stored and deflated entries, zip64. Refused: encryption, other compressions, archives in several parts, names
// that leave the folder, names that are there twice.
// Not here: writing; extracting to the disk, which nothing in this program does.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"

namespace pxf {

struct ZipEntry {
  std::string_view name;   // in the archive's bytes; any bytes without ".." parts
  Bytes bytes;             // as the archive holds them
  std::uint64_t size = 0;  // of the content
  std::uint32_t crc = 0;   // of the content
  bool deflated = false;   // otherwise `bytes` are the content
};

/// All entries, sorted by name; their views point into `archive`. Each lies inside it and agrees with its local header.
/// Errors: bad_file, unsupported.
Result<std::vector<ZipEntry>> read_zip(Bytes archive);

/// Null when there is none.
const ZipEntry* find_entry(const std::vector<ZipEntry>& entries, std::string_view name) noexcept;

/// The content of a deflated entry, entry.size bytes; the caller has decided that this is not too much.
/// Errors: bad_file when the compressed bytes are damaged, or hold more or less than entry.size.
Result<std::vector<std::byte>> inflated(const ZipEntry& entry);

}  // namespace pxf
