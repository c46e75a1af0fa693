#include "formats/zip.h"

#include <algorithm>
#include <string>
#include <utility>

#include "formats/in_quotes.h"

namespace pxf {
namespace {

constexpr std::uint32_t kLocalHeader = 0x04034b50, kCentralHeader = 0x02014b50, kEnd = 0x06054b50;
constexpr std::uint32_t kEnd64 = 0x06064b50, kEnd64Locator = 0x07064b50;
constexpr std::size_t kLocalSize = 30, kCentralSize = 46, kEndSize = 22, kEnd64Size = 56, kLocatorSize = 20;
constexpr std::uint16_t kEncrypted = 1;  // a flag
constexpr std::uint16_t kStored = 0, kDeflated = 8;
constexpr std::uint16_t kZip64Extra = 1;
constexpr std::uint32_t kIn64Bits = 0xffffffff;  // the value stands in the zip64 record instead

template <class... Args>
Error bad(fmt::format_string<Args...> pattern, Args&&... args) {
  return make_error(ErrorCode::bad_file, "zip archive: {}; it is damaged or cut off: download or copy it again",
                    fmt::format(pattern, std::forward<Args>(args)...));
}

struct Directory {
  std::uint64_t entries, offset, size;
};

bool has_signature(Bytes archive, std::uint64_t at, std::uint32_t signature, std::size_t size) {
  return at <= archive.size() && archive.size() - at >= size && load_le<std::uint32_t>(archive, at) == signature;
}

/// Where the end record begins: the last place from which a comment would reach exactly to the end.
Result<std::size_t> find_end(Bytes archive) {
  constexpr std::size_t kLongestComment = 0xffff;
  for (std::size_t back = kEndSize; back <= std::min(archive.size(), kEndSize + kLongestComment); ++back) {
    const std::size_t at = archive.size() - back;
    if (has_signature(archive, at, kEnd, kEndSize) && load_le<std::uint16_t>(archive, at + 20) == back - kEndSize) {
      return at;
    }
  }
  return bad("has no table of contents at its end");
}

Result<Directory> find_directory(Bytes archive) {
  const auto end = find_end(archive);
  if (!end) return end.error();
  const std::size_t at = end.value();
  Directory out{load_le<std::uint16_t>(archive, at + 10), load_le<std::uint32_t>(archive, at + 16),
                load_le<std::uint32_t>(archive, at + 12)};
  bool parts = load_le<std::uint16_t>(archive, at + 4) != 0 || load_le<std::uint16_t>(archive, at + 6) != 0;
  if (at >= kLocatorSize && has_signature(archive, at - kLocatorSize, kEnd64Locator, kLocatorSize)) {
    const auto end64 = load_le<std::uint64_t>(archive, at - kLocatorSize + 8);
    if (!has_signature(archive, end64, kEnd64, kEnd64Size)) return bad("its zip64 record is not where it should be");
    parts = load_le<std::uint32_t>(archive, end64 + 16) != 0 || load_le<std::uint32_t>(archive, end64 + 20) != 0;
    out = {load_le<std::uint64_t>(archive, end64 + 32), load_le<std::uint64_t>(archive, end64 + 48),
           load_le<std::uint64_t>(archive, end64 + 40)};
  }
  if (parts) return make_error(ErrorCode::unsupported, "zip archive: is one of several parts; need a whole archive");
  if (out.offset > at || out.size > at - out.offset) {
    return bad("its table of contents would end at byte {}, past its end record at {}", out.offset + out.size, at);
  }
  if (out.entries > out.size / kCentralSize) {
    return bad("its table of contents has {} bytes, too few for {} entries", out.size, out.entries);
  }
  return out;
}

/// The 64-bit values that stand for those of 0xffffffff, in this order: size, compressed size, offset.
Status read_zip64(Bytes extra, ZipEntry& entry) {
  while (extra.size() >= 4) {
    const auto id = load_le<std::uint16_t>(extra);
    const std::size_t length = load_le<std::uint16_t>(extra, 2);
    if (length > extra.size() - 4) return bad("an extra field is longer than its room");
    Bytes field = extra.subspan(4, length);
    extra = extra.subspan(4 + length);
    if (id != kZip64Extra) continue;
    for (std::uint64_t* value : {&entry.size, &entry.stored, &entry.offset}) {
      if (*value != kIn64Bits) continue;
      if (field.size() < 8) return bad("a zip64 field is too short");
      *value = load_le<std::uint64_t>(field);
      field = field.subspan(8);
    }
    return Done{};
  }
  return Done{};
}

bool leaves_folder(std::string_view name) {
  if (name.starts_with('/') || name.find('\\') != std::string_view::npos) return true;
  for (std::size_t begin = 0; begin <= name.size();) {
    const std::size_t end = std::min(name.find('/', begin), name.size());
    if (name.substr(begin, end - begin) == "..") return true;
    begin = end + 1;
  }
  return false;
}

/// The entry whose record `record` begins with; it moves past it. Entries end where the table begins.
Result<ZipEntry> read_entry(Bytes& record, std::uint64_t table) {
  if (!has_signature(record, 0, kCentralHeader, kCentralSize)) return bad("its table of contents is broken");
  const std::size_t name_size = load_le<std::uint16_t>(record, 28), extra_size = load_le<std::uint16_t>(record, 30);
  const std::size_t whole = kCentralSize + name_size + extra_size + load_le<std::uint16_t>(record, 32);
  if (whole > record.size()) return bad("its table of contents is cut off");

  ZipEntry entry;
  entry.name = as_text(record.subspan(kCentralSize, name_size));
  const std::string quoted = in_quotes(entry.name);
  if (leaves_folder(entry.name)) {
    return make_error(ErrorCode::bad_file, "zip archive: entry {}: the name leaves the archive's folder", quoted);
  }
  if (load_le<std::uint16_t>(record, 8) & kEncrypted) {
    return make_error(ErrorCode::unsupported, "zip archive: entry {}: is encrypted; unpack it and zip it without",
                      quoted);
  }
  const auto method = load_le<std::uint16_t>(record, 10);
  if (method != kStored && method != kDeflated) {
    return make_error(ErrorCode::unsupported,
                      "zip archive: entry {}: got compression method {}, need 0 (none) or 8 (deflate); zip it again",
                      quoted, method);
  }
  entry.deflated = method == kDeflated;
  entry.crc = load_le<std::uint32_t>(record, 16);
  entry.stored = load_le<std::uint32_t>(record, 20);
  entry.size = load_le<std::uint32_t>(record, 24);
  entry.offset = load_le<std::uint32_t>(record, 42);
  const Bytes extra = record.subspan(kCentralSize + name_size, extra_size);
  if (auto read = read_zip64(extra, entry); !read) return read.error();
  if (!entry.deflated && entry.stored != entry.size) {
    return bad("entry {}: holds {} bytes uncompressed in {}", quoted, entry.size, entry.stored);
  }
  const std::uint64_t before = kLocalSize + name_size;
  if (entry.offset > table || before > table - entry.offset || entry.stored > table - entry.offset - before) {
    return bad("entry {}: needs {} bytes at byte {}, its room ends at {}", quoted, entry.stored, entry.offset, table);
  }
  record = record.subspan(whole);
  return entry;
}

}  // namespace

Result<std::vector<ZipEntry>> read_zip(Bytes archive) {
  const auto directory = find_directory(archive);
  if (!directory) return directory.error();
  Bytes records = archive.subspan(directory.value().offset, directory.value().size);
  std::vector<ZipEntry> entries;
  entries.reserve(directory.value().entries);
  for (std::uint64_t i = 0; i < directory.value().entries; ++i) {
    auto entry = read_entry(records, directory.value().offset);
    if (!entry) return entry.error();
    entries.push_back(entry.value());
  }
  std::ranges::sort(entries, {}, &ZipEntry::name);
  const auto twice = std::ranges::adjacent_find(entries, {}, &ZipEntry::name);
  if (twice != entries.end()) return bad("entry {}: is there twice", in_quotes(twice->name));
  return entries;
}

const ZipEntry* find_entry(const std::vector<ZipEntry>& entries, std::string_view name) noexcept {
  const auto at = std::ranges::lower_bound(entries, name, {}, &ZipEntry::name);
  return at != entries.end() && at->name == name ? &*at : nullptr;
}

Result<Bytes> stored_bytes(Bytes archive, const ZipEntry& entry) {
  if (!has_signature(archive, entry.offset, kLocalHeader, kLocalSize)) {
    return bad("entry {}: its header is not at byte {}", in_quotes(entry.name), entry.offset);
  }
  const std::size_t name_size = load_le<std::uint16_t>(archive, entry.offset + 26);
  const std::size_t before = kLocalSize + name_size + load_le<std::uint16_t>(archive, entry.offset + 28);
  const std::uint64_t left = archive.size() - entry.offset;
  if (before > left || entry.stored > left - before) {
    return bad("entry {}: needs {} bytes at byte {}, the file has {}", in_quotes(entry.name), entry.stored,
               entry.offset, left);
  }
  if (as_text(archive.subspan(entry.offset + kLocalSize, name_size)) != entry.name) {
    return bad("entry {}: is called otherwise at byte {}", in_quotes(entry.name), entry.offset);
  }
  return archive.subspan(entry.offset + before, entry.stored);
}

}  // namespace pxf
