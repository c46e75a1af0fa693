#include <gtest/gtest.h>

#include "cli/output.h"

namespace pxf::cli {
namespace {

TEST(Slug, KeepsWordsAndJoinsThemByHyphens) {
  EXPECT_EQ(slug("A red apple,  on a BEACH!", 48), "a-red-apple-on-a-beach");
  EXPECT_EQ(slug("--- 35mm f/1.4 ---", 48), "35mm-f-1-4");
}

TEST(Slug, KeepsTheLettersOfEveryScript) {
  EXPECT_EQ(slug("Grüße aus 東京", 48), "grüße-aus-東京");
  EXPECT_EQ(slug("ÉTÉ", 48), "été");
}

TEST(Slug, NeverLeadsOutOfTheFolder) {
  EXPECT_EQ(slug("../../etc/passwd", 48), "etc-passwd");
  EXPECT_EQ(slug("/", 48), "picture");
  EXPECT_EQ(slug(".hidden", 48), "hidden");
  EXPECT_EQ(slug(std::string("nul\0byte", 8), 48), "nul-byte");
}

TEST(Slug, HasNothingThatATerminalObeys) {
  EXPECT_EQ(slug("\x1b]0;title\x07", 48), "0-title");
  EXPECT_EQ(slug("a\u202Eb\u200Bc", 48), "a-b-c");  // right-to-left override, zero-width space
}

TEST(Slug, SurvivesWhatIsNotUtf8) { EXPECT_EQ(slug("\xff\xc3(\xe2\x82", 48), "picture"); }

TEST(Slug, IsCutBetweenWordsAndNeverInsideACharacter) {
  EXPECT_EQ(slug("a red apple on a beach", 12), "a-red-apple");
  EXPECT_EQ(slug("a red apples on a beach", 11), "a-red");
  EXPECT_EQ(slug("supercalifragilistic", 5), "super");
  EXPECT_EQ(slug("東京都", 7), "東京");
}

}  // namespace
}  // namespace pxf::cli
