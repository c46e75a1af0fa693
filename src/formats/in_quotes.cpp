#include "formats/in_quotes.h"

#include <fmt/format.h>

#include <iterator>

#include "formats/utf8_text.h"

namespace pxf {
namespace {

constexpr std::size_t kLimit = 120;

/// C0, DEL, and U+0080 to U+009F, of which U+009B starts an escape sequence.
bool is_control(std::string_view character) {
  const auto last = static_cast<unsigned char>(character.back());
  if (character.size() == 1) return last < 0x20 || last == 0x7f;
  return character.size() == 2 && character.front() == '\xc2' && last < 0xa0;
}

}  // namespace

std::string in_quotes(std::string_view text) {
  std::string out = "\"";
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::size_t length = utf8_character(rest);
    const std::string_view character = rest.substr(0, length == 0 ? 1 : length);
    if (text.size() - rest.size() + character.size() > kLimit) break;
    if (character == "\"" || character == "\\") {
      out += '\\';
      out += character;
    } else if (length == 0 || is_control(character)) {
      fmt::format_to(std::back_inserter(out), "\\x{:02x}", static_cast<unsigned char>(character.back()));
    } else {
      out += character;
    }
    rest.remove_prefix(character.size());
  }
  out += '"';
  if (!rest.empty()) fmt::format_to(std::back_inserter(out), "… ({} bytes)", text.size());
  return out;
}

}  // namespace pxf
