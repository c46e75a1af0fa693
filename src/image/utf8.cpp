#include "image/utf8.h"

#include <algorithm>
#include <cstdint>

namespace pxf {
namespace {

constexpr std::uint32_t kInvalid = 0xffffffff;

/// The character at `at`, which moves past it; kInvalid when it is malformed.
std::uint32_t next_character(std::string_view text, std::size_t& at) noexcept {
  const auto lead = static_cast<unsigned char>(text[at++]);
  if (lead < 0x80) return lead;
  const int extra = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : 1;
  constexpr std::uint32_t kSmallest[] = {0, 0x80, 0x800, 0x10000};  // what fewer bytes could not hold
  if (lead < 0xc2 || lead > 0xf4) return kInvalid;
  std::uint32_t code = lead & (0x3fu >> extra);
  for (int i = 0; i < extra; ++i) {
    if (at == text.size() || (static_cast<unsigned char>(text[at]) & 0xc0) != 0x80) return kInvalid;
    code = code << 6 | (static_cast<unsigned char>(text[at++]) & 0x3fu);
  }
  const bool surrogate = code >= 0xd800 && code <= 0xdfff;
  return code < kSmallest[extra] || code > 0x10ffff || surrogate ? kInvalid : code;
}

}  // namespace

bool is_utf8(std::string_view text) noexcept {
  for (std::size_t at = 0; at < text.size();) {
    if (next_character(text, at) == kInvalid) return false;
  }
  return true;
}

bool is_ascii(std::string_view text) noexcept {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

std::string latin1_to_utf8(std::string_view latin1) {
  std::string out;
  out.reserve(latin1.size());
  for (const char c : latin1) append_utf8(out, static_cast<unsigned char>(c));
  return out;
}

std::optional<std::string> utf8_to_latin1(std::string_view utf8) {
  std::string out;
  out.reserve(utf8.size());
  for (std::size_t at = 0; at < utf8.size();) {
    const std::uint32_t code = next_character(utf8, at);
    if (code > 0xff) return std::nullopt;  // kInvalid too
    out += static_cast<char>(code);
  }
  return out;
}

std::string utf8_to_utf16be(std::string_view utf8) {
  std::string out;
  const auto add = [&](std::uint32_t unit) {
    out += static_cast<char>(unit >> 8);
    out += static_cast<char>(unit & 0xff);
  };
  for (std::size_t at = 0; at < utf8.size();) {
    const std::uint32_t code = next_character(utf8, at);
    if (code > 0xffff && code != kInvalid) {
      add(0xd800 + ((code - 0x10000) >> 10));
      add(0xdc00 + ((code - 0x10000) & 0x3ff));
    } else {
      add(code == kInvalid ? 0xfffd : code);
    }
  }
  return out;
}

void append_utf8(std::string& out, std::uint32_t code) {
  const int extra = code < 0x80 ? 0 : code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
  constexpr std::uint32_t kLead[] = {0, 0xc0, 0xe0, 0xf0};
  out += static_cast<char>(kLead[extra] | code >> (6 * extra));
  for (int i = extra - 1; i >= 0; --i) out += static_cast<char>(0x80 | (code >> (6 * i) & 0x3f));
}

}  // namespace pxf
