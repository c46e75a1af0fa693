#include "formats/zip.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "zip_bytes.h"

namespace pxf {
namespace {

using test::le;
using test::zip_bytes;
using test::ZipFile;
using testing::HasSubstr;

std::string refusal(const std::string& archive) {
  const auto entries = read_zip(as_bytes(archive));
  return entries.ok() ? "it opened" : entries.error().message;
}

/// `archive` with `bytes` at a distance from its end.
std::string with(std::string archive, std::size_t from_end, const std::string& bytes) {
  return archive.replace(archive.size() - from_end, bytes.size(), bytes);
}

TEST(Zip, EntriesAreFoundByName) {
  const std::string archive = zip_bytes({{"r/b", "two"}, {"r/a", "one"}, {"r/empty", ""}});
  const auto entries = read_zip(as_bytes(archive));
  ASSERT_TRUE(entries.ok()) << entries.error().text();
  ASSERT_NE(find_entry(entries.value(), "r/a"), nullptr);
  EXPECT_EQ(as_text(find_entry(entries.value(), "r/a")->bytes), "one");
  EXPECT_EQ(as_text(find_entry(entries.value(), "r/b")->bytes), "two");
  EXPECT_EQ(find_entry(entries.value(), "r/empty")->size, 0u);
  EXPECT_EQ(find_entry(entries.value(), "r/c"), nullptr);
}

TEST(Zip, AnArchiveMayHaveAComment) {
  const std::string archive = zip_bytes({{"a", "one"}}, "PK\x05\x06 and more, so that the end is found from behind");
  EXPECT_EQ(refusal(archive), "it opened");
  EXPECT_THAT(refusal(archive + "tail"), HasSubstr("has no table of contents at its end"));
}

TEST(Zip, SizesMayStandInZip64Fields) {
  const std::string archive = zip_bytes({{"a", "one"}, {.name = "b", .content = "two", .zip64 = true}});
  const auto entries = read_zip(as_bytes(archive));
  ASSERT_TRUE(entries.ok()) << entries.error().text();
  EXPECT_EQ(as_text(entries.value()[1].bytes), "two");
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
  EXPECT_THAT(refusal(with(archive, offset_field, le<std::uint32_t>(0xfffffff0))), HasSubstr("its header is not at"));
  const std::size_t size_fields = 22 + 1 + 46 - 20;
  EXPECT_THAT(refusal(with(archive, size_fields, le<std::uint32_t>(5000) + le<std::uint32_t>(5000))),
              HasSubstr("needs 5000 bytes at byte 0"));
  EXPECT_THAT(refusal(with(archive, size_fields, le<std::uint32_t>(2))), HasSubstr("holds 3 bytes uncompressed in 2"));
  EXPECT_THAT(refusal(std::string(archive).replace(26, 2, "\xff\xff")), HasSubstr("needs 3 bytes at byte 0"));
  EXPECT_THAT(refusal(with(archive, 22 + 1 + 46 - 32, "\xff\xff")), HasSubstr("its table of contents is cut off"));
  std::string renamed = archive;
  renamed[30] = 'b';
  EXPECT_THAT(refusal(renamed), HasSubstr("entry \"a\": is called otherwise at byte 0"));
}

}  // namespace
}  // namespace pxf
