// The web page: the files that web/build made of web/, linked into the program.
// Nothing here changes while the program runs; any thread may read it.
// Not here: HTTP, which of the two forms a client takes, headers other than what the fields say.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace pxf {

struct PageFile {
  std::string_view path;  // as in a request: "/", "/app-0123456789ab.js"
  std::string_view type;  // of Content-Type
  std::string_view etag;  // with its quotes; of `bytes`, so of both forms
  bool immutable;         // its path has a hash of what is in it: may be cached for ever
  std::span<const std::byte> bytes;
  std::span<const std::byte> gzip;  // the same, for Content-Encoding: gzip
};

/// All files, "/" first.
std::span<const PageFile> page_files();

/// The file at that path, or null.
const PageFile* find_page_file(std::string_view path);

}  // namespace pxf
