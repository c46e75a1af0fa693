#include "image/png_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "base/file.h"
#include "image/png.h"
#include "image/utf8.h"

namespace pxf {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

/// A file that files/make.py wrote.
std::string fixture(const std::string& name) {
  return read_file(std::filesystem::path(PIXELFORGE_SOURCE_DIR) / "tests/image/files" / name, 1 << 20).value();
}

std::string refusal(const std::string& file) {
  const auto entries = read_png_text(as_bytes(file));
  if (entries.ok()) return "it was read";
  EXPECT_EQ(entries.error().code, ErrorCode::bad_file);
  return entries.error().message;
}

TEST(PngText, AllKindsOfEntriesAreReadInFileOrder) {
  const std::string file = fixture("texts.png");
  const auto entries = read_png_text(as_bytes(file));
  ASSERT_TRUE(entries.ok()) << entries.error().text();
  const std::vector<std::pair<std::string, std::string>> want = {
      {"parameters", "café\nSteps: 20, Sampler: Euler, CFG scale: 7"},
      {"sd.cpp", "猫"},  // UTF-8 where the standard wants Latin-1
      {"packed", std::string(1000, 'a')},
      {"plain", "猫"},
      {"squeezed", "猫猫"},
      {"late", "after the pixels"}};
  ASSERT_EQ(entries.value().size(), want.size());
  for (std::size_t i = 0; i < want.size(); ++i) {
    EXPECT_EQ(entries.value()[i].keyword, want[i].first);
    EXPECT_EQ(entries.value()[i].text, want[i].second);
  }
}

TEST(PngText, ABombIsRefused) { EXPECT_THAT(refusal(fixture("bomb.png")), HasSubstr("more than")); }

TEST(PngText, TooManyOrTooLongTextsAreRefused) {
  const auto file_with = [](std::size_t count, std::size_t size) {
    const std::vector<TextEntry> entries(count, {"k", std::string(size, 'x')});
    return std::string(as_text(encode_png({1, 1, {0, 0, 0}}, entries).value()));
  };
  EXPECT_EQ(refusal(file_with(kMaxTextEntries, 1)), "it was read");
  EXPECT_THAT(refusal(file_with(kMaxTextEntries + 1, 1)), HasSubstr("more than"));
  EXPECT_EQ(refusal(file_with(4, kMaxTextBytes / 4)), "it was read");
  EXPECT_THAT(refusal(file_with(5, kMaxTextBytes / 4)), HasSubstr("more than"));
}

TEST(PngText, AFileCutAnywhereIsRefused) {
  const std::string file = fixture("texts.png");
  for (std::size_t size = 0; size < file.size(); ++size)
    EXPECT_NE(refusal(file.substr(0, size)), "it was read") << size;
}

TEST(PngText, DamageInsideATextIsNoticed) {
  std::string file = fixture("texts.png");
  file[file.find("Steps")] = 's';
  EXPECT_THAT(refusal(file), HasSubstr("PNG tEXt chunk: its checksum is wrong"));
}

TEST(PngText, OtherFilesAreRefused) {
  EXPECT_EQ(refusal("GIF89a"), "is not a PNG picture");
  EXPECT_EQ(refusal(""), "is not a PNG picture");
}

TEST(PngText, LatinTextBecomesTextAndOtherTextInternationalText) {
  EXPECT_EQ(png_text_chunk({"parameters", "caf\u00e9"}).value(), std::string("tEXtparameters\0caf\xe9", 19));
  EXPECT_THAT(png_text_chunk({"parameters", "猫"}).value(), StartsWith("iTXtparameters"));
  // As tEXt this would be the bytes c3 a9, which read back as one "é".
  EXPECT_THAT(png_text_chunk({"parameters", "Ã©"}).value(), StartsWith("iTXt"));
}

TEST(PngText, KeywordsAndTextsThatNoPngCanHoldAreRefused) {
  for (const std::string keyword :
       {"", " a", "a ", "a  b", "a\n", "é",
        "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk"}) {
    EXPECT_FALSE(png_text_chunk({keyword, "x"}).ok()) << keyword;
  }
  EXPECT_TRUE(png_text_chunk({std::string(79, 'k'), "x"}).ok());
  EXPECT_FALSE(png_text_chunk({"k", std::string("a\0b", 3)}).ok());
  EXPECT_FALSE(png_text_chunk({"k", "\xff"}).ok());
}

TEST(Utf8, OnlyWellFormedTextPasses) {
  for (const char* good : {"", "a", "\u00e9", "\u0800", "\uffff", "\U00010000", "\U0010ffff"}) {
    EXPECT_TRUE(is_utf8(good)) << good;
  }
  for (const char* bad :
       {"\x80", "\xc3", "\xc3(", "\xc0\x80", "\xc1\xbf", "\xe0\x80\x80", "\xe0\x9f\xbf", "\xed\xa0\x80",
        "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "\xe2\x82"}) {
    EXPECT_FALSE(is_utf8(bad)) << bad;
  }
}

TEST(Utf8, EveryLatin1CharacterGoesThereAndBack) {
  std::string all;
  for (int c = 0; c < 256; ++c) all += static_cast<char>(c);
  EXPECT_TRUE(is_utf8(latin1_to_utf8(all)));
  EXPECT_EQ(utf8_to_latin1(latin1_to_utf8(all)), all);
  EXPECT_EQ(utf8_to_latin1("\u0100"), std::nullopt);
}

}  // namespace
}  // namespace pxf
