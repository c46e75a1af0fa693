// What of an unfinished file is on the disk, written beside it so that the next run goes on from there.
// A journal never says more than is true: the file's bytes are synced before the journal that names them takes its
// place, whole or not at all. It counts only for a file of the full length, which a file gets after the journal of what
// was there before is gone; so a journal that was left behind by another file says nothing of this one.
// The file is locked by whoever calls this.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "base/descriptor.h"
#include "base/error.h"
#include "download/byte_ranges.h"

namespace pxf {

/// A file that grows over several runs.
struct UnfinishedFile {
  std::filesystem::path path;
  const Descriptor& descriptor;  // open for reading and writing, locked

  std::filesystem::path journal() const { return path.string() + ".journal"; }
};

/// By what a file is known to be the same in another run; empty `identity`: by nothing.
struct FileIdentity {
  std::uint64_t bytes = 0;
  std::string identity;

  bool operator==(const FileIdentity&) const = default;
};

/// Nothing when there is no journal, it is of another file, or it is damaged.
ByteRanges read_journal(const UnfinishedFile& file, const FileIdentity& wanted);
/// Syncs the file, then writes. Errors: io, no_space.
Status write_journal(const UnfinishedFile& file, const FileIdentity& identity, const ByteRanges& done);
/// An empty file of so many bytes with room for all of them, without a journal. Errors: io, no_space.
Status start_over(const UnfinishedFile& file, std::uint64_t bytes);

}  // namespace pxf
