#include <zlib.h>

#include <algorithm>
#include <limits>

#include "formats/in_quotes.h"
#include "formats/zip.h"

namespace pxf {
namespace {

template <class... Args>
Error bad(const ZipEntry& entry, fmt::format_string<Args...> why, Args&&... args) {
  return make_error(ErrorCode::bad_file, "zip archive: entry {}: {}", in_quotes(entry.name),
                    fmt::format(why, std::forward<Args>(args)...));
}

/// zlib counts in 32 bits: what it may take or make at once.
uInt at_once(std::size_t left) {
  return static_cast<uInt>(std::min<std::size_t>(left, std::numeric_limits<uInt>::max()));
}

struct Inflater {
  z_stream stream{};
  bool begun = ::inflateInit2(&stream, -MAX_WBITS) == Z_OK;  // raw deflate: zip has its own header
  ~Inflater() {
    if (begun) ::inflateEnd(&stream);
  }
};

std::uint32_t crc_of(Bytes content) {
  return static_cast<std::uint32_t>(::crc32_z(0, reinterpret_cast<const Bytef*>(content.data()), content.size()));
}

}  // namespace

Result<std::vector<std::byte>> inflated(Bytes archive, const ZipEntry& entry) {
  const auto stored = stored_bytes(archive, entry);
  if (!stored) return stored.error();
  Inflater inflater;
  if (!inflater.begun) return make_error(ErrorCode::out_of_memory, "no memory to inflate {}", in_quotes(entry.name));

  Bytes in = stored.value();
  std::vector<std::byte> out(entry.size);
  std::size_t made = 0;
  std::byte none{};  // zlib wants a place even for nothing
  int status = Z_OK;
  while (status == Z_OK) {
    z_stream& stream = inflater.stream;
    const uInt may_take = at_once(in.size()), may_make = at_once(out.size() - made);
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(in.data()));
    stream.avail_in = may_take;
    stream.next_out = reinterpret_cast<Bytef*>(out.empty() ? &none : out.data() + made);
    stream.avail_out = may_make;
    status = ::inflate(&stream, Z_NO_FLUSH);
    in = in.subspan(may_take - stream.avail_in);
    made += may_make - stream.avail_out;
  }
  if (status == Z_BUF_ERROR && made == out.size()) return bad(entry, "holds more than {} bytes", entry.size);
  if (status != Z_STREAM_END) return bad(entry, "does not inflate; it is damaged");
  if (made != out.size()) return bad(entry, "holds {} bytes, not {}", made, entry.size);
  if (crc_of(out) != entry.crc) return bad(entry, "its checksum is wrong; it is damaged");
  return out;
}

}  // namespace pxf
