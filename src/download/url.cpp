#include "download/url.h"

#include <curl/curl.h>

#include <algorithm>
#include <memory>

namespace pxf {
namespace {

constexpr std::size_t kLongestUrl = 8192;

struct FreeUrl {
  void operator()(CURLU* url) const noexcept { curl_url_cleanup(url); }
};
using UrlHandle = std::unique_ptr<CURLU, FreeUrl>;

std::string part_of(const UrlHandle& url, CURLUPart part) {
  char* text = nullptr;
  if (curl_url_get(url.get(), part, &text, part == CURLUPART_PORT ? CURLU_DEFAULT_PORT : 0) != CURLUE_OK) return {};
  std::string out = text;
  curl_free(text);
  return out;
}

Error wrong(ErrorCode code, const std::string& text, const std::string& why) {
  return {code, why, text.substr(0, text.find('?')).substr(0, 200)};
}

Result<Url> read_url(const UrlHandle& url, ErrorCode code) {
  Url out{part_of(url, CURLUPART_URL),  part_of(url, CURLUPART_SCHEME), part_of(url, CURLUPART_HOST),
          part_of(url, CURLUPART_PORT), part_of(url, CURLUPART_PATH),   part_of(url, CURLUPART_QUERY)};
  std::ranges::transform(out.host, out.host.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  if (out.host.starts_with('[')) out.host = out.host.substr(1, out.host.find_first_of("]%") - 1);
  if (out.scheme != "https" && out.scheme != "http") {
    return wrong(code, out.text, fmt::format("got an address of \"{}\", need https", out.scheme));
  }
  if (!part_of(url, CURLUPART_USER).empty() || !part_of(url, CURLUPART_PASSWORD).empty()) {
    return wrong(code, "https://" + out.host,
                 "got a user name or password in the address; put a token in the environment");
  }
  if (out.host.empty()) return wrong(code, out.text, "got an address without a host");
  return out;
}

Result<Url> set_and_read(UrlHandle& url, const std::string& text, ErrorCode code) {
  if (text.size() > kLongestUrl) {
    return wrong(code, text, fmt::format("got an address of {} bytes, at most {} are read", text.size(), kLongestUrl));
  }
  if (url == nullptr) fail(ErrorCode::out_of_memory, "memory ran out");
  constexpr unsigned kFlags = CURLU_NON_SUPPORT_SCHEME | CURLU_URLENCODE;
  const bool has_zero = text.find('\0') != std::string::npos;
  if (const CURLUcode status = curl_url_set(url.get(), CURLUPART_URL, text.c_str(), kFlags); status != 0 || has_zero) {
    return wrong(code, text,
                 fmt::format("is no address: {}", has_zero ? "it has a zero byte" : curl_url_strerror(status)));
  }
  curl_url_set(url.get(), CURLUPART_FRAGMENT, nullptr, 0);
  return read_url(url, code);
}

bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

}  // namespace

std::string Url::shown() const {
  const bool usual = port == (is_encrypted() ? "443" : "80");
  const bool brackets = host.find(':') != std::string::npos;
  return fmt::format("{}://{}{}{}", scheme, brackets ? "[" + host + "]" : host, usual ? "" : ":" + port, path);
}

Result<Url> parse_url(const std::string& text) {
  UrlHandle url(curl_url());
  return set_and_read(url, text, ErrorCode::invalid_argument);
}

Result<Url> follow(const Url& from, const std::string& location) {
  UrlHandle url(curl_url());
  if (const Result<Url> base = set_and_read(url, from.text, ErrorCode::internal); !base) return base.error();
  return set_and_read(url, location, ErrorCode::bad_file);
}

std::string url_escaped(std::string_view text, bool keep_slashes) {
  std::string out;
  for (const char c : text) {
    if (is_unreserved(c) || (keep_slashes && c == '/')) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

std::string url_unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escape =
        text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 && hex_digit(text[i + 2]) >= 0;
    out += escape ? static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2])) : text[i];
    if (escape) i += 2;
  }
  return out;
}

}  // namespace pxf
