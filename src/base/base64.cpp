#include "base/base64.h"

#include <openssl/evp.h>

#include <array>
#include <cstdint>

namespace pxf {
namespace {

constexpr std::string_view kBase64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

// Of each character its value; negative: none, or to be skipped.
constexpr std::int8_t kNoDigit = -1, kBlank = -2;
constexpr std::array<std::int8_t, 256> kValues = [] {
  std::array<std::int8_t, 256> values{};
  values.fill(kNoDigit);
  for (std::size_t i = 0; i < kBase64.size(); ++i)
    values[static_cast<unsigned char>(kBase64[i])] = static_cast<std::int8_t>(i);
  values['-'] = 62;  // as in addresses
  values['_'] = 63;
  for (const char c : {' ', '\t', '\r', '\n'}) values[static_cast<unsigned char>(c)] = kBlank;
  return values;
}();

}  // namespace

std::string base64(Bytes bytes) {
  std::string out((bytes.size() + 2) / 3 * 4 + 1, '\0');
  const int length =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                      reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
  out.resize(static_cast<std::size_t>(length));
  return out;
}

// OpenSSL's decoder takes neither text without padding nor blanks, and does not say how many bytes padding stands for.
std::optional<std::vector<std::byte>> bytes_of_base64(std::string_view text) {
  while (text.ends_with('=') || text.ends_with('\n')) text.remove_suffix(1);
  std::vector<std::byte> out;
  out.reserve(text.size() / 4 * 3 + 3);
  std::uint32_t bits = 0;
  int held = 0;
  for (const char c : text) {
    const std::int8_t value = kValues[static_cast<unsigned char>(c)];
    if (value == kBlank) continue;
    if (value == kNoDigit) return std::nullopt;
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    held += 6;
    if (held < 8) continue;
    held -= 8;
    out.push_back(static_cast<std::byte>(bits >> held));
  }
  if (held >= 6) return std::nullopt;  // a lone digit
  return out;
}

std::string_view without_data_prefix(std::string_view text) {
  constexpr std::size_t kLongestPrefix = 100;
  if (!text.starts_with("data:")) return text;
  const auto comma = text.substr(0, kLongestPrefix).find(',');
  return comma == std::string_view::npos ? text : text.substr(comma + 1);
}

}  // namespace pxf
