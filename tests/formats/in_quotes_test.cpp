#include "formats/in_quotes.h"

#include <gtest/gtest.h>

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

TEST(InQuotes, LongNamesAreCutBetweenCharacters) {
  EXPECT_EQ(in_quotes(std::string(121, 'x')), "\"" + std::string(120, 'x') + "\"… (121 bytes)");
  EXPECT_EQ(in_quotes(std::string(118, 'x') + "😀"), "\"" + std::string(118, 'x') + "\"… (122 bytes)");
  EXPECT_EQ(in_quotes(std::string(120, 'x')), "\"" + std::string(120, 'x') + "\"");
}

}  // namespace
}  // namespace pxf
