// Whatever the bytes: PNG text entries come out as UTF-8, and entries that can be written read back the same; text in
// them parses as parameters; pictures decode to the size that they claim.
#include <zlib.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

#include "image/parameters.h"
#include "image/png.h"
#include "image/png_text.h"
#include "image/utf8.h"

namespace {

using namespace pxf;

void require_that(bool fact) {
  if (!fact) std::abort();
}

void check_parameters(std::string_view text) {
  for (const auto& [key, value] : parse_parameters(text).fields) require_that(!key.empty());
}

void check_entry(const TextEntry& entry) {
  require_that(is_utf8(entry.keyword) && is_utf8(entry.text));
  check_parameters(entry.text);
  Image dot{1, 1, {0, 0, 0}};
  const auto file = encode_png(dot, {&entry, 1}, 0);
  if (!file) return;  // a keyword or a text that may be read but not written
  const auto back = read_png_text(file.value());
  require_that(back.ok() && back.value().size() == 1);
  require_that(back.value()[0].keyword == entry.keyword && back.value()[0].text == entry.text);
}

/// The file with every chunk's checksum made right: a mutation would not get past a wrong one.
std::vector<std::byte> with_right_checksums(Bytes file) {
  std::vector<std::byte> out(file.begin(), file.end());
  for (std::size_t at = 8; at + 12 <= out.size();) {  // after the signature: length, type, body, checksum
    const std::size_t length = __builtin_bswap32(load_le<std::uint32_t>(out, at));
    if (length > out.size() - at - 12) break;
    const auto* checked = reinterpret_cast<const Bytef*>(out.data() + at + 4);
    const std::uint32_t sum = __builtin_bswap32(static_cast<std::uint32_t>(crc32_z(0, checked, length + 4)));
    std::memcpy(out.data() + at + 8 + length, &sum, sizeof sum);
    at += length + 12;
  }
  return out;
}

void check_file(Bytes file) {
  if (const auto entries = read_png_text(file)) {
    for (const TextEntry& entry : entries.value()) check_entry(entry);
  }
  if (const auto image = decode_png(file)) require_that(image.value().pixels.size() == image.value().byte_count());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes bytes = std::as_bytes(std::span(data, size));
  check_parameters(as_text(bytes));
  check_file(bytes);
  check_file(with_right_checksums(bytes));
  return 0;
}
