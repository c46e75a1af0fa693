// Writes zip archives for tests, right ones and wrong ones.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace pxf::test {

/// Little-endian.
template <class T>
std::string le(T value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

struct ZipFile {
  std::string name{}, content{};
  std::uint16_t method = 0, flags = 0;
  std::uint32_t size = 0;  // of the content when it is compressed
  std::uint32_t crc = 0;
  bool zip64 = false;  // sizes and offset in the extra field
};

/// A local header with an extra field of three bytes, then the content; a table of contents; the end record.
inline std::string zip_bytes(const std::vector<ZipFile>& files, const std::string& comment = "") {
  std::string out, table;
  for (const ZipFile& file : files) {
    const auto stored = static_cast<std::uint32_t>(file.content.size());
    const std::uint32_t size = file.method == 0 ? stored : file.size;
    const auto offset = static_cast<std::uint32_t>(out.size());
    const auto name = static_cast<std::uint16_t>(file.name.size());
    const std::string extra = file.zip64 ? le<std::uint16_t>(7) + le<std::uint16_t>(1) + "x" + le<std::uint16_t>(1) +
                                               le<std::uint16_t>(24) + le<std::uint64_t>(size) +
                                               le<std::uint64_t>(stored) + le<std::uint64_t>(offset)
                                         : "";
    const auto or_64 = [&](std::uint32_t value) { return le<std::uint32_t>(file.zip64 ? 0xffffffffu : value); };
    const std::string middle = le<std::uint16_t>(20) + le(file.flags) + le(file.method) + le<std::uint32_t>(0) +
                               le(file.crc) + or_64(stored) + or_64(size) + le(name);
    out += "PK\x03\x04" + middle + le<std::uint16_t>(3) + file.name + "abc" + file.content;
    table += "PK\x01\x02" + le<std::uint16_t>(20) + middle + le(static_cast<std::uint16_t>(extra.size())) +
             le<std::uint16_t>(0) + le<std::uint16_t>(0) + le<std::uint16_t>(0) + le<std::uint32_t>(0) + or_64(offset) +
             file.name + extra;
  }
  const auto begin = static_cast<std::uint32_t>(out.size());
  const auto count = static_cast<std::uint16_t>(files.size());
  return out + table + "PK\x05\x06" + le<std::uint32_t>(0) + le(count) + le(count) +
         le(static_cast<std::uint32_t>(table.size())) + le(begin) + le(static_cast<std::uint16_t>(comment.size())) +
         comment;
}

}  // namespace pxf::test
