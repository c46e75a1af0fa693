#include "formats/in_quotes.h"

#include <gtest/gtest.h>

#include "formats/utf8_text.h"

namespace pxf {
namespace {

TEST(InQuotes, OrdinaryNamesStayReadable) {
  EXPECT_EQ(in_quotes("model.out.2.weight"), "\"model.out.2.weight\"");
  EXPECT_EQ(in_quotes("имя 重み 😀"), "\"имя 重み 😀\"");
}

TEST(InQuotes, ControlCharactersAndQuotesAreEscaped) {
  EXPECT_EQ(in_quotes("a\tb\x1b\x7f"), R"("a\x09b\x1b\x7f")");
  EXPECT_EQ(in_quotes("\xc2\x9b"), R"("\x9b")");  // U+009B, a one-character escape sequence
  EXPECT_EQ(in_quotes("say \"\\\""), R"("say \"\\\"")");
}

TEST(InQuotes, WhatIsNotUtf8IsEscaped) {
  EXPECT_EQ(in_quotes("a\xff\xc3"), R"("a\xff\xc3")");
  EXPECT_EQ(in_quotes("\xc0\xaf\xed\xa0\x80\xf5"), R"("\xc0\xaf\xed\xa0\x80\xf5")");
}

TEST(Utf8Text, OnlyWellFormedCharactersCount) {
  EXPECT_TRUE(well_formed_utf8("aé重😀\xf4\x8f\xbf\xbf"));
  for (const char* bad :
       {"\x80", "\xc3", "\xc0\xaf", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80"}) {
    EXPECT_FALSE(well_formed_utf8(bad)) << in_quotes(bad);
  }
  EXPECT_EQ(repaired_utf8("a\xff\xc3\xa9\xc3"), "a\xef\xbf\xbd\xc3\xa9\xef\xbf\xbd");
}

TEST(InQuotes, LongNamesAreCutBetweenCharacters) {
  EXPECT_EQ(in_quotes(std::string(121, 'x')), "\"" + std::string(120, 'x') + "\"… (121 bytes)");
  EXPECT_EQ(in_quotes(std::string(118, 'x') + "😀"), "\"" + std::string(118, 'x') + "\"… (122 bytes)");
  EXPECT_EQ(in_quotes(std::string(120, 'x')), "\"" + std::string(120, 'x') + "\"");
}

}  // namespace
}  // namespace pxf
