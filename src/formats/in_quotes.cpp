#include "formats/in_quotes.h"

#include <fmt/format.h>

#include <iterator>

namespace pxf {
namespace {

constexpr std::size_t kLimit = 120;

bool continues_character(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

}  // namespace

std::string in_quotes(std::string_view text) {
  std::string_view kept = text;
  if (text.size() > kLimit) {
    std::size_t end = kLimit;
    while (end > kLimit - 3 && continues_character(text[end])) --end;
    kept = text.substr(0, end);
  }
  std::string out = "\"";
  for (std::size_t i = 0; i < kept.size(); ++i) {
    const auto byte = static_cast<unsigned char>(kept[i]);
    if (byte == '"' || byte == '\\') {
      out += {'\\', kept[i]};
    } else if (byte < 0x20 || byte == 0x7f) {
      fmt::format_to(std::back_inserter(out), "\\x{:02x}", byte);
    } else if (byte == 0xc2 && i + 1 < kept.size() && static_cast<unsigned char>(kept[i + 1]) < 0xa0) {
      // U+0080 to U+009F: control characters too; U+009B starts an escape sequence.
      fmt::format_to(std::back_inserter(out), "\\x{:02x}", static_cast<unsigned char>(kept[++i]));
    } else {
      out += kept[i];
    }
  }
  out += '"';
  if (kept.size() < text.size()) fmt::format_to(std::back_inserter(out), "… ({} bytes)", text.size());
  return out;
}

}  // namespace pxf
