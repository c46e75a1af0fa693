#include "server/zip_writer.h"

#include <zlib.h>

#include <algorithm>
#include <cerrno>

#include "base/error.h"
#include "base/file.h"

namespace pxf {
namespace {

constexpr std::uint64_t kLargestZip = 0xffff'0000;
constexpr std::uint32_t kMostEntries = 65'534;
constexpr std::uint64_t kHeads = 30 + 46, kEnd = 22;

void put(std::string& out, std::uint64_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) out += static_cast<char>(value >> (8 * i) & 0xff);
}

/// As DOS counted it, from 1980, in steps of two seconds; UTC.
std::uint32_t dos_time(std::time_t time) {
  std::tm t{};
  ::gmtime_r(&time, &t);
  const auto year = static_cast<std::uint32_t>(std::clamp(t.tm_year - 80, 0, 127));
  return year << 25 | static_cast<std::uint32_t>(t.tm_mon + 1) << 21 | static_cast<std::uint32_t>(t.tm_mday) << 16 |
         static_cast<std::uint32_t>(t.tm_hour) << 11 | static_cast<std::uint32_t>(t.tm_min) << 5 |
         static_cast<std::uint32_t>(t.tm_sec) / 2;
}

/// What an entry's header and its line in the directory have in common, from the version on.
std::string common(const std::string& name, Bytes bytes, std::time_t time) {
  constexpr std::uint64_t kVersion = 20, kUtf8 = 1 << 11, kStored = 0;
  const auto crc = ::crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size());
  std::string out;
  put(out, kVersion, 2);
  put(out, kUtf8, 2);
  put(out, kStored, 2);
  put(out, dos_time(time), 4);
  put(out, crc, 4);
  put(out, bytes.size(), 4);
  put(out, bytes.size(), 4);
  put(out, name.size(), 2);
  put(out, 0, 2);  // no extra fields
  return out;
}

}  // namespace

ZipWriter::ZipWriter(const std::filesystem::path& path) : path_(path), out_(path, std::ios::binary) { write(""); }

bool ZipWriter::has_room(const std::string& name, std::uint64_t bytes) const {
  return entries_ < kMostEntries &&
         written_ + directory_.size() + bytes + kHeads + 2 * name.size() + kEnd <= kLargestZip;
}

void ZipWriter::add(const std::string& name, Bytes bytes, std::time_t time) {
  const std::string shared = common(name, bytes, time);
  directory_ += "PK\x01\x02";
  put(directory_, 20, 2);
  directory_ += shared;
  put(directory_, 0, 2);  // no remark
  put(directory_, 0, 2);  // the first disk
  put(directory_, 0, 2);
  put(directory_, 0, 4);
  put(directory_, written_, 4);
  directory_ += name;
  write("PK\x03\x04" + shared + name);
  out_.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  written_ += bytes.size();
  ++entries_;
}

void ZipWriter::finish() {
  const std::uint64_t begin = written_;
  write(directory_);
  std::string end = "PK\x05\x06";
  put(end, 0, 4);  // the first disk
  put(end, entries_, 2);
  put(end, entries_, 2);
  put(end, directory_.size(), 4);
  put(end, begin, 4);
  put(end, 0, 2);
  write(end);
  out_.close();
  if (!out_) throw Failure(system_error(errno, "write", path_));
}

void ZipWriter::write(const std::string& bytes) {
  errno = 0;
  out_.write(bytes.data(), std::ssize(bytes));
  if (!out_) throw Failure(system_error(errno == 0 ? EIO : errno, "write", path_));
  written_ += bytes.size();
}

}  // namespace pxf
