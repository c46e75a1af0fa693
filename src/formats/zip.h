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
  std::string_view name;     // in the archive's bytes; any bytes without ".." parts
  std::uint64_t offset = 0;  // of its local header
  std::uint64_t stored = 0;  // bytes that it takes in the archive
  std::uint64_t size = 0;    // of the content
  std::uint32_t crc = 0;     // of the content
  bool deflated = false;     // otherwise what is stored is the content
};

/// All entries, sorted by name. Reads the table alone: of an archive on a cold disk only its end is fetched. Each entry
/// has room between the archive's beginning and the table. Errors: bad_file, unsupported.
Result<std::vector<ZipEntry>> read_zip(Bytes archive);

/// Null when there is none.
const ZipEntry* find_entry(const std::vector<ZipEntry>& entries, std::string_view name) noexcept;

/// What is stored, entry.stored bytes of the archive.
/// Errors: bad_file when the local header, which precedes them, does not agree with the table.
Result<Bytes> stored_bytes(Bytes archive, const ZipEntry& entry);

/// The content of a deflated entry, entry.size bytes; the caller has decided that this is not too much.
/// Errors: those of stored_bytes; bad_file when these are damaged, or hold more or less than entry.size.
Result<std::vector<std::byte>> inflated(Bytes archive, const ZipEntry& entry);

}  // namespace pxf
