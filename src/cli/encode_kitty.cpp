#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <span>

#include "cli/terminal_picture.h"

namespace pxf::cli {
namespace {

constexpr std::size_t kChunk = 4096;  // the most base64 that the protocol allows in one escape sequence

std::string base64(std::span<const std::uint8_t> bytes) {
  constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (; !bytes.empty(); bytes = bytes.subspan(std::min<std::size_t>(3, bytes.size()))) {
    std::uint32_t group = 0;
    for (std::size_t i = 0; i < 3; ++i) group = group << 8 | (i < bytes.size() ? bytes[i] : 0u);
    for (std::size_t i = 0; i < 4; ++i) out += i <= bytes.size() ? kDigits[group >> (18 - 6 * i) & 63] : '=';
  }
  return out;
}

}  // namespace

std::string encode_kitty(const Image& image, int columns, int id) {
  const std::string data = base64(image.pixels);
  std::string out;
  for (std::size_t at = 0; at < data.size(); at += kChunk) {
    const bool more = at + kChunk < data.size();
    out += "\x1b_G";
    if (at == 0) {  // a=T: show at once; f=24: RGB; q=2: answer nothing
      fmt::format_to(std::back_inserter(out), "a=T,f=24,q=2,s={},v={},c={},", image.width, image.height, columns);
      if (id != 0) fmt::format_to(std::back_inserter(out), "i={},", id);
    }
    fmt::format_to(std::back_inserter(out), "m={};{}\x1b\\", more ? 1 : 0, data.substr(at, kChunk));
  }
  return out + "\n";
}

}  // namespace pxf::cli
