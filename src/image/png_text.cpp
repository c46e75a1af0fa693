#include "image/png_text.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <utility>

#include "image/utf8.h"

namespace pxf {
namespace {

constexpr std::string_view kSignature = "\x89PNG\r\n\x1a\n";

std::uint32_t load_be32(Bytes bytes, std::size_t at) { return __builtin_bswap32(load_le<std::uint32_t>(bytes, at)); }

std::uint32_t checksum(Bytes bytes) {
  return static_cast<std::uint32_t>(::crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

Error damaged(std::string_view chunk, std::string_view what) {
  return make_error(ErrorCode::bad_file, "PNG {} chunk: {}; the file is damaged", chunk, what);
}

Error too_much() {
  return make_error(ErrorCode::bad_file, "PNG text: more than {} entries or {} bytes", kMaxTextEntries, kMaxTextBytes);
}

/// The text before the next zero byte, which is taken from `rest` together with the zero.
std::optional<std::string_view> take_string(std::string_view& rest) {
  const auto zero = rest.find('\0');
  if (zero == std::string_view::npos) return std::nullopt;
  const std::string_view out = rest.substr(0, zero);
  rest.remove_prefix(zero + 1);
  return out;
}

/// Unpacks a zlib stream of at most `limit` bytes.
Result<std::string> inflate_text(std::string_view packed, std::size_t limit, std::string_view chunk) {
  z_stream stream{};
  if (::inflateInit(&stream) != Z_OK) return make_error(ErrorCode::out_of_memory, "no memory to unpack text");
  struct End {
    z_stream& stream;
    ~End() { ::inflateEnd(&stream); }
  } end{stream};
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());  // a chunk is shorter than 2^31

  std::string out;
  std::array<char, 16384> part;
  for (int status = Z_OK; status != Z_STREAM_END;) {
    stream.next_out = reinterpret_cast<Bytef*>(part.data());
    stream.avail_out = part.size();
    status = ::inflate(&stream, Z_NO_FLUSH);
    if (status != Z_OK && status != Z_STREAM_END) return damaged(chunk, "its packed text does not unpack");
    const std::size_t got = part.size() - stream.avail_out;
    if (got > limit - out.size()) return too_much();
    out.append(part.data(), got);
  }
  return out;
}

/// What a chunk of type tEXt, zTXt or iTXt holds.
Result<TextEntry> parse_entry(std::string_view type, std::string_view body, std::size_t limit) {
  const auto keyword = take_string(body);
  if (!keyword || keyword->empty()) return damaged(type, "has no keyword");
  bool packed = type == "zTXt";
  if (type == "iTXt") {
    if (body.size() < 2) return damaged(type, "ends too early");
    packed = body[0] != 0;
    body.remove_prefix(1);
  }
  if (type != "tEXt") {
    if (body.empty() || (packed && body[0] != 0)) return damaged(type, "has an unknown compression method");
    body.remove_prefix(1);
  }
  if (type == "iTXt" && !(take_string(body) && take_string(body))) {  // the language and the keyword in that language
    return damaged(type, "ends too early");
  }
  std::string text;
  if (packed) {
    auto unpacked = inflate_text(body, limit, type);
    if (!unpacked) return std::move(unpacked).error();
    text = std::move(unpacked).value();
  } else {
    text = body;
  }
  if (!is_utf8(text)) {
    if (type == "iTXt") return damaged(type, "its text is not UTF-8");
    text = latin1_to_utf8(text);
  }
  if (text.size() > limit) return too_much();
  return TextEntry{latin1_to_utf8(*keyword), std::move(text)};
}

bool is_keyword(std::string_view keyword) {
  const bool printable = std::ranges::all_of(keyword, [](char c) { return c >= ' ' && c <= '~'; });
  return printable && !keyword.empty() && keyword.size() <= 79 && keyword.front() != ' ' && keyword.back() != ' ' &&
         keyword.find("  ") == std::string_view::npos;
}

}  // namespace

Result<std::vector<TextEntry>> read_png_text(Bytes file) {
  const std::string_view all = as_text(file);
  if (!all.starts_with(kSignature)) return make_error(ErrorCode::bad_file, "is not a PNG picture");
  std::vector<TextEntry> entries;
  std::size_t room = kMaxTextBytes;
  for (std::size_t at = kSignature.size();;) {
    // length (big-endian), type, body, checksum of type and body
    const std::size_t left = file.size() - at;
    const std::size_t length = left < 12 ? 0 : load_be32(file, at);
    if (left < 12 || length > left - 12) {
      return make_error(ErrorCode::bad_file, "the PNG ends inside a chunk; it is cut off: copy or download it again");
    }
    const std::string_view type = all.substr(at + 4, 4);
    if (type == "IEND") return entries;
    if (type == "tEXt" || type == "zTXt" || type == "iTXt") {
      if (load_be32(file, at + 8 + length) != checksum(file.subspan(at + 4, 4 + length))) {
        return damaged(type, "its checksum is wrong");
      }
      if (entries.size() == kMaxTextEntries) return too_much();
      auto entry = parse_entry(type, all.substr(at + 8, length), room);
      if (!entry) return std::move(entry).error();
      room -= entry.value().text.size();
      entries.push_back(std::move(entry).value());
    }
    at += 12 + length;
  }
}

Result<std::string> png_text_chunk(const TextEntry& entry) {
  if (!is_keyword(entry.keyword)) {
    return make_error(
        ErrorCode::invalid_argument,
        "PNG text keyword: got {} bytes, need 1 to 79 printable ASCII characters without outer or double spaces",
        entry.keyword.size());
  }
  if (!is_utf8(entry.text) || entry.text.find('\0') != std::string::npos) {
    return make_error(ErrorCode::invalid_argument, "PNG text \"{}\": need UTF-8 without zero bytes", entry.keyword);
  }
  constexpr std::size_t kMaxBody = 0x7fffffff;
  if (entry.text.size() > kMaxBody - 100) {
    return make_error(ErrorCode::invalid_argument, "PNG text \"{}\": got {} bytes, a chunk holds less than 2 GiB",
                      entry.keyword, entry.text.size());
  }
  const auto latin1 = utf8_to_latin1(entry.text);
  const bool plain = latin1 && (is_ascii(*latin1) || !is_utf8(*latin1));
  // iTXt, after the keyword: its end, not packed, method 0, no language, no translated keyword.
  const std::size_t zeros = plain ? 1 : 5;
  return (plain ? "tEXt" : "iTXt") + entry.keyword + std::string(zeros, '\0') + (plain ? *latin1 : entry.text);
}

}  // namespace pxf
