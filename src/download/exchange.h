// A question to a server and its answer: redirects followed one by one, each held against Access like the first; tried
// again as long as that may help.
#pragma once

#include <string>

#include "download/http_get.h"

namespace pxf {

/// What a server says of a file before it is fetched.
struct Probe {
  Url url;  // where the redirects end; it may carry a signature that runs out
  std::uint64_t bytes = 0;
  bool has_ranges = false;
  std::string etag;       // as it was sent
  std::string validator;  // the ETag, else the time of the last change, else empty
  std::string content_type;
};

/// Everything a question needs but its address.
struct Asking {
  const Access& access;
  const Patience& patience;
  const CancelToken* cancel = nullptr;
};

/// The whole body as text. Errors: io, not_found, cancelled, bad_file when it is longer than `limit`.
Result<std::string> get_text(const Url& url, std::size_t limit, const Asking& asking);
/// Asks for one byte. Errors: as above; bad_file where the server does not say how long the file is.
Result<Probe> probe(const Url& url, const Asking& asking);

/// "bytes 5-9/100". False when it is anything else.
bool parse_content_range(const std::string& text, ByteRange& range, std::uint64_t& bytes);
/// Sleeps, unless it is cancelled meanwhile.
void rest(std::chrono::milliseconds time, const CancelToken* cancel);

}  // namespace pxf
