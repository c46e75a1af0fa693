#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "server/routes.h"

namespace pxf {
namespace {

struct ByteRange {
  std::size_t first = 0, count = 0;
};

std::optional<std::size_t> number_of(std::string_view text) {
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

enum class RangeKind : std::uint8_t { none, part, impossible };

// RFC 9110, section 14: one range; of several, or of what cannot be read, the whole is sent.
RangeKind range_of(std::string_view header, std::size_t size, ByteRange& range) {
  constexpr std::string_view kUnit = "bytes=";
  if (!header.starts_with(kUnit) || header.find(',') != std::string_view::npos) return RangeKind::none;
  header.remove_prefix(kUnit.size());
  const auto dash = header.find('-');
  if (dash == std::string_view::npos) return RangeKind::none;
  const auto first = number_of(header.substr(0, dash)), last = number_of(header.substr(dash + 1));
  if (dash == 0) {  // the last so many
    if (!last) return RangeKind::none;
    if (*last == 0 || size == 0) return RangeKind::impossible;
    range.count = std::min(*last, size);
    range.first = size - range.count;
    return RangeKind::part;
  }
  if (!first || (!last && dash + 1 < header.size()) || (last && *last < *first)) return RangeKind::none;
  if (*first >= size) return RangeKind::impossible;
  range.first = *first;
  range.count = std::min(last.value_or(size), size - 1) - *first + 1;
  return RangeKind::part;
}

bool matches(std::string_view header, const std::string& etag) {
  return header == "*" || header.find(etag) != std::string_view::npos;
}

}  // namespace

HttpResponse file_response(const HttpRequest& request, const HttpBody& body, const std::string& type,
                           const std::string& name, const std::string& cache_control) {
  const std::string etag = fmt::format("\"{}\"", name);
  HttpResponse response;
  response.headers = {
      {"Content-Type", type}, {"ETag", etag}, {"Cache-Control", cache_control}, {"Accept-Ranges", "bytes"}};
  if (matches(request.header("If-None-Match"), etag)) {
    response.status = 304;
    return response;
  }
  const std::string_view if_range = request.header("If-Range");
  ByteRange range;
  const RangeKind kind = if_range.empty() || if_range == etag
                             ? range_of(request.header("Range"), body.bytes.size(), range)
                             : RangeKind::none;
  response.body = body;
  if (kind == RangeKind::impossible) {
    response.status = 416;
    response.headers.emplace_back("Content-Range", fmt::format("bytes */{}", body.bytes.size()));
    response.body = {};
  } else if (kind == RangeKind::part) {
    response.status = 206;
    response.headers.emplace_back(
        "Content-Range", fmt::format("bytes {}-{}/{}", range.first, range.first + range.count - 1, body.bytes.size()));
    response.body.bytes = body.bytes.subspan(range.first, range.count);
  }
  return response;
}

}  // namespace pxf
