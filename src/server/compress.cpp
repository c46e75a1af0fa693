#include "server/compress.h"

#include <zlib.h>

#include <algorithm>
#include <charconv>

#include "base/trimmed.h"

namespace pxf {
namespace {

constexpr std::size_t kLeast = 1024, kMost = 1 << 20;
constexpr int kGzip = 16 + MAX_WBITS;  // of zlib: gzip's head and end around it
constexpr int kLevel = 3;  // a list of jobs is a seventh of itself; higher levels take thrice as long for a tenth less

std::string* header_of(HttpResponse& response, std::string_view name) {
  const auto found =
      std::ranges::find_if(response.headers, [&](const auto& one) { return equal_in_any_case(one.first, name); });
  return found == response.headers.end() ? nullptr : &found->second;
}

bool is_text(std::string_view type) {
  return type.starts_with("text/") || type.starts_with("application/json") ||
         type.starts_with("application/problem+json");
}

bool may_be_smaller(HttpResponse& response) {
  const std::string* type = header_of(response, "Content-Type");
  return response.status != 206 && type != nullptr && is_text(*type) && response.body.bytes.size() > kLeast &&
         response.body.bytes.size() <= kMost && header_of(response, "Content-Encoding") == nullptr;
}

/// Empty where there is no memory.
std::string gzipped(std::span<const std::byte> bytes) {
  z_stream stream{};
  if (::deflateInit2(&stream, kLevel, Z_DEFLATED, kGzip, 8, Z_DEFAULT_STRATEGY) != Z_OK) return {};
  std::string out(::deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = reinterpret_cast<unsigned char*>(const_cast<std::byte*>(bytes.data()));  // which it only reads
  stream.avail_in = static_cast<unsigned>(bytes.size());
  stream.next_out = reinterpret_cast<unsigned char*>(out.data());
  stream.avail_out = static_cast<unsigned>(out.size());
  const bool whole = ::deflate(&stream, Z_FINISH) == Z_STREAM_END;
  out.resize(whole ? stream.total_out : 0);
  ::deflateEnd(&stream);
  return out;
}

/// RFC 9110, 12.4.2; what cannot be read is no refusal.
bool is_refused(std::string_view parameters) {
  const auto q = parameters.find("q=");
  if (q == std::string_view::npos) return false;
  double weight = 1;
  std::from_chars(parameters.data() + q + 2, parameters.data() + parameters.size(), weight);
  return weight <= 0;
}

}  // namespace

bool takes_gzip(const HttpRequest& request) {
  std::string_view rest = request.header("Accept-Encoding");
  while (!rest.empty()) {
    const std::string_view one = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(one.size() + 1, rest.size()));
    const std::string_view name = trimmed(one.substr(0, one.find(';')));
    if (equal_in_any_case(name, "gzip")) return !is_refused(one);
  }
  return false;
}

void compress(HttpResponse& response, bool takes_gzip) {
  if (!may_be_smaller(response)) return;
  if (header_of(response, "Vary") == nullptr) response.headers.emplace_back("Vary", "Accept-Encoding");
  if (!takes_gzip) return;
  std::string smaller = gzipped(response.body.bytes);
  if (smaller.empty()) return;
  response.body = std::move(smaller);
  response.headers.emplace_back("Content-Encoding", "gzip");
  std::erase_if(response.headers, [](const auto& one) { return equal_in_any_case(one.first, "Accept-Ranges"); });
  // The same text, not the same bytes.
  if (std::string* etag = header_of(response, "ETag"); etag != nullptr && etag->starts_with('"')) etag->insert(0, "W/");
}

}  // namespace pxf
