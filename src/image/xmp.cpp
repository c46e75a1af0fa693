#include "image/xmp.h"

#include <array>
#include <charconv>
#include <cstdint>
#include <utility>

#include "image/utf8.h"

namespace pxf {
namespace {

constexpr std::array<std::pair<std::string_view, char>, 5> kEntities{
    {{"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"apos", '\''}}};

/// "#228" or "#xE4" as its code point; none for what no text may hold.
std::optional<std::uint32_t> character_reference(std::string_view name) {
  const bool hexadecimal = name.starts_with("#x");
  name.remove_prefix(hexadecimal ? 2 : 1);
  std::uint32_t code = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), code, hexadecimal ? 16 : 10);
  const bool is_surrogate = code >= 0xd800 && code < 0xe000;
  if (error != std::errc{} || end != name.data() + name.size() || code == 0 || code > 0x10ffff || is_surrogate) {
    return std::nullopt;
  }
  return code;
}

bool append_entity(std::string& out, std::string_view name) {
  if (name.starts_with('#')) {
    const auto code = character_reference(name);
    if (code) append_utf8(out, *code);
    return code.has_value();
  }
  for (const auto& [known, letter] : kEntities) {
    if (name != known) continue;
    out += letter;
    return true;
  }
  return false;
}

std::optional<std::string> unescaped(std::string_view text) {
  std::string out;
  while (true) {
    const auto at = text.find('&');
    out += text.substr(0, at);
    if (at == text.npos) return out;
    const auto end = text.find(';', at);
    if (end == text.npos || !append_entity(out, text.substr(at + 1, end - at - 1))) return std::nullopt;
    text.remove_prefix(end + 1);
  }
}

}  // namespace

std::optional<std::string> xmp_parameters(std::string_view packet) {
  constexpr std::string_view kBegin = "<sdcpp:parameters>", kEnd = "</sdcpp:parameters>";
  const auto begin = packet.find(kBegin);
  if (begin == packet.npos) return std::nullopt;
  packet.remove_prefix(begin + kBegin.size());
  const auto end = packet.find('<');
  if (end == packet.npos || !packet.substr(end).starts_with(kEnd)) return std::nullopt;
  const std::string_view text = packet.substr(0, end);
  if (!is_utf8(text) || text.find('\0') != text.npos) return std::nullopt;
  return unescaped(text);
}

}  // namespace pxf
