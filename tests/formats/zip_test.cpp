#include "formats/zip.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include "zip_bytes.h"

namespace pxf {
namespace {

using test::le;
using test::zip_bytes;
using test::ZipFile;
using testing::HasSubstr;

/// Of the archive, or of one of its entries.
std::string refusal(const std::string& archive) {
  const auto entries = read_zip(as_bytes(archive));
  if (!entries) return entries.error().message;
  for (const ZipEntry& entry : entries.value()) {
    if (const auto bytes = stored_bytes(as_bytes(archive), entry); !bytes) return bytes.error().message;
  }
  return "it opened";
}

std::string content(const std::string& archive, const std::string& name) {
  const auto entries = read_zip(as_bytes(archive));
  if (!entries) return entries.error().message;
  const ZipEntry* entry = find_entry(entries.value(), name);
  return entry ? std::string(as_text(stored_bytes(as_bytes(archive), *entry).value())) : "it is not there";
}

/// `archive` with `bytes` at a distance from its end.
std::string with(std::string archive, std::size_t from_end, const std::string& bytes) {
  return archive.replace(archive.size() - from_end, bytes.size(), bytes);
}

TEST(Zip, EntriesAreFoundByName) {
  const std::string archive =
      zip_bytes({{.name = "r/b", .content = "two"}, {.name = "r/a", .content = "one"}, {.name = "r/empty"}});
  EXPECT_EQ(content(archive, "r/a"), "one");
  EXPECT_EQ(content(archive, "r/b"), "two");
  EXPECT_EQ(content(archive, "r/empty"), "");
  EXPECT_EQ(content(archive, "r/c"), "it is not there");
}

TEST(Zip, AnArchiveMayHaveAComment) {
  const std::string archive = zip_bytes({{"a", "one"}}, "PK\x05\x06 and more, so that the end is found from behind");
  EXPECT_EQ(refusal(archive), "it opened");
  EXPECT_THAT(refusal(archive + "tail"), HasSubstr("has no table of contents at its end"));
}

TEST(Zip, SizesMayStandInZip64Fields) {
  const std::string archive = zip_bytes({{"a", "one"}, {.name = "b", .content = "two", .zip64 = true}});
  EXPECT_EQ(content(archive, "b"), "two");
  std::string shorter = archive;
  const auto field = shorter.rfind(le<std::uint16_t>(24) + le<std::uint64_t>(3));
  EXPECT_THAT(refusal(shorter.replace(field, 2, le<std::uint16_t>(16))), HasSubstr("a zip64 field is too short"));
  EXPECT_THAT(refusal(shorter.replace(field, 2, le<std::uint16_t>(25))), HasSubstr("is longer than its room"));
}

/// With a zip64 end record, whose fields are these.
std::string zip64(std::uint64_t entries, std::uint64_t size, std::uint64_t offset, std::uint64_t end_at,
                  std::uint32_t part = 0) {
  const std::string archive = zip_bytes({{"a", "one"}});
  const std::string end = archive.substr(archive.size() - 22);
  std::string out = archive.substr(0, archive.size() - 22);
  out += "PK\x06\x06" + le<std::uint64_t>(44) + le<std::uint32_t>(0) + le(part) + le<std::uint32_t>(0) + le(entries) +
         le(entries) + le(size) + le(offset);
  return out + "PK\x06\x07" + le<std::uint32_t>(0) + le(end_at) + le<std::uint32_t>(1) +
         with(end, 22 - 8, std::string(12, '\xff'));
}

TEST(Zip, LargeArchivesHaveAZip64EndRecord) {
  const std::size_t table = 30 + 1 + 3 + 3, size = 46 + 1;
  EXPECT_EQ(refusal(zip64(1, size, table, table + size)), "it opened");
  EXPECT_THAT(refusal(zip64(1, size, table, table)), HasSubstr("its zip64 record is not where it should be"));
  EXPECT_THAT(refusal(zip64(1, size, table, ~0ull)), HasSubstr("its zip64 record is not where it should be"));
  EXPECT_THAT(refusal(zip64(1, ~0ull, table, table + size)), HasSubstr("past its end record"));
  EXPECT_THAT(refusal(zip64(1, size, ~0ull, table + size)), HasSubstr("past its end record"));
  EXPECT_THAT(refusal(zip64(~0ull, size, table, table + size)), HasSubstr("too few for 18446744073709551615 entries"));
  EXPECT_THAT(refusal(zip64(1, size, table, table + size, 1)), HasSubstr("one of several parts"));
}

/// Raw deflate, as zip archives hold it.
std::string deflated(const std::string& content) {
  z_stream stream{};
  EXPECT_EQ(::deflateInit2(&stream, 9, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(::deflateBound(&stream, content.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(content.data()));
  stream.avail_in = static_cast<uInt>(content.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(::deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  ::deflateEnd(&stream);
  return out;
}

/// What an entry of these compressed bytes inflates to, or the refusal.
std::string inflated_text(const std::string& packed, std::size_t size, std::uint32_t crc) {
  const std::string archive =
      zip_bytes({{.name = "a", .content = packed, .method = 8, .size = static_cast<std::uint32_t>(size), .crc = crc}});
  const auto entries = read_zip(as_bytes(archive));
  if (!entries) return entries.error().message;
  const auto content = inflated(as_bytes(archive), entries.value()[0]);
  return content ? std::string(as_text(content.value())) : content.error().message;
}

TEST(Zip, CompressedEntriesAreInflated) {
  const std::string content = std::string(100000, 'x') + "end";
  const auto crc = static_cast<std::uint32_t>(
      ::crc32(0, reinterpret_cast<const Bytef*>(content.data()), static_cast<uInt>(content.size())));
  const std::string packed = deflated(content);
  EXPECT_EQ(inflated_text(packed, content.size(), crc), content);
  EXPECT_EQ(inflated_text(deflated(""), 0, 0), "");
  EXPECT_THAT(inflated_text(packed, content.size() - 1, crc), HasSubstr("holds more than 100002 bytes"));
  EXPECT_THAT(inflated_text(packed, content.size() + 1, crc), HasSubstr("holds 100003 bytes, not 100004"));
  EXPECT_THAT(inflated_text(packed, content.size(), crc + 1), HasSubstr("its checksum is wrong"));
  EXPECT_THAT(inflated_text(packed.substr(0, packed.size() - 3), content.size(), crc), HasSubstr("does not inflate"));
  EXPECT_THAT(inflated_text("\xff" + packed, content.size(), crc), HasSubstr("does not inflate"));
}

TEST(ZipRefuses, AnArchiveCutAnywhere) {
  const std::string archive = zip_bytes({{"a", "one"}, {"b", "two"}});
  for (std::size_t size = 0; size < archive.size(); ++size) {
    EXPECT_THAT(refusal(archive.substr(0, size)), HasSubstr("it is damaged or cut off")) << size;
    EXPECT_NE(refusal(archive.substr(archive.size() - size)), "it opened") << size;
  }
}

TEST(ZipRefuses, WhatItCannotRead) {
  EXPECT_THAT(refusal(zip_bytes({{.name = "a", .content = "one", .flags = 1}})),
              HasSubstr("entry \"a\": is encrypted"));
  EXPECT_THAT(refusal(zip_bytes({{.name = "a", .content = "one", .method = 14}})),
              HasSubstr("got compression method 14, need 0"));
  EXPECT_THAT(refusal(with(zip_bytes({{"a", "one"}}), 18, le<std::uint16_t>(1))), HasSubstr("one of several parts"));
}

TEST(ZipRefuses, NamesThatLeaveTheFolder) {
  for (const char* name : {"../a", "/a", "r/../../a", "..", "r/..", "a\\b"}) {
    EXPECT_THAT(refusal(zip_bytes({{name, ""}})), HasSubstr("leaves the archive's folder")) << name;
  }
  EXPECT_EQ(refusal(zip_bytes({{"r/..a/b..", ""}, {"r/.data/c", ""}})), "it opened");
}

TEST(ZipRefuses, TheSameNameTwice) {
  EXPECT_THAT(refusal(zip_bytes({{"a", "1"}, {"b", ""}, {"a", "2"}})), HasSubstr("entry \"a\": is there twice"));
}

TEST(ZipRefuses, EntriesThatAreNotWhereTheTableSays) {
  const std::string archive = zip_bytes({{"a", "one"}});
  const std::size_t offset_field = 22 + 1 + 4;
  EXPECT_THAT(refusal(with(archive, offset_field, le<std::uint32_t>(1))), HasSubstr("its header is not at byte 1"));
  EXPECT_THAT(refusal(with(archive, offset_field, le<std::uint32_t>(0xfffffff0))), HasSubstr("its room ends at 37"));
  const std::size_t size_fields = 22 + 1 + 46 - 20;
  EXPECT_THAT(refusal(with(archive, size_fields, le<std::uint32_t>(5000) + le<std::uint32_t>(5000))),
              HasSubstr("needs 5000 bytes at byte 0, its room ends at 37"));
  EXPECT_THAT(refusal(with(archive, size_fields, le<std::uint32_t>(2))), HasSubstr("holds 3 bytes uncompressed in 2"));
  EXPECT_THAT(refusal(std::string(archive).replace(26, 2, "\xff\xff")), HasSubstr("needs 3 bytes at byte 0"));
  EXPECT_THAT(refusal(with(archive, 22 + 1 + 46 - 32, "\xff\xff")), HasSubstr("its table of contents is cut off"));
  std::string renamed = archive;
  renamed[30] = 'b';
  EXPECT_THAT(refusal(renamed), HasSubstr("entry \"a\": is called otherwise at byte 0"));
}

}  // namespace
}  // namespace pxf
