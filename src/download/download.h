// One file from a server into an unfinished file: several ranges at once, gone on with where an earlier run was broken
// off, tried again when a connection is. Whoever calls it checks the hash and gives the file its name.
// Of a file whose sha256 is known it is taken that every address gives the same bytes; else a changed ETag, time or
// length starts it over, and without any of these nothing of an earlier run is used.
// Runs in the calling thread. The network is touched here and in exchange.h, and nowhere else in the program.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "download/exchange.h"
#include "download/journal.h"

namespace pxf {

struct Wanted {
  Url url;
  std::string sha256;       // empty: not known
  std::uint64_t bytes = 0;  // 0: not known
};

struct Fetched {
  std::uint64_t bytes = 0;    // of the file
  std::uint64_t resumed = 0;  // that were there already
};

/// Bytes that are there, and of the file. Called about ten times a second.
using OnBytes = std::function<void(std::uint64_t done, std::uint64_t of)>;

/// At most `connections` at once, fewer where the server is too busy for them. What has been fetched stays on any
/// error, except where the file has changed. Errors: io, not_found, cancelled, no_space; bad_file (a web page, a length
/// that is not the one wanted, a file that changes all the time).
Result<Fetched> download(const Wanted& wanted, const UnfinishedFile& file, int connections, const Asking& asking,
                         const OnBytes& on_bytes);

}  // namespace pxf
