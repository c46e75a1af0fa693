#include "text/styles_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace pxf {
namespace {

using testing::HasSubstr;

std::string refusal_of_styles(const std::string& csv) {
  try {
    read_styles(csv);
    return "";
  } catch (const Failure& failure) {
    return failure.error().text();
  }
}

// As A1111 1.10 writes it: a mark of the byte order, quotes where they are needed, line ends of either kind.
TEST(StylesFile, IsReadAsA1111WritesIt) {
  const auto styles = read_styles(
      "\xEF\xBB\xBFname,prompt,negative_prompt\r\n"
      "Ink,\"{prompt}, ink drawing, \"\"fine\"\" lines\",colour\r\n"
      ",left out,\r\n"
      "Two lines,\"one\ntwo\",\r\n"
      "Short\r\n"
      "Last,no line end,x");
  ASSERT_EQ(styles.size(), 4u);
  EXPECT_EQ(styles[0].prompt, "{prompt}, ink drawing, \"fine\" lines");
  EXPECT_EQ(styles[0].negative, "colour");
  EXPECT_EQ(styles[1].prompt, "one\ntwo");
  EXPECT_EQ(styles[2].prompt, "");
  EXPECT_EQ(styles[3].name, "Last");
  EXPECT_EQ(styles[3].negative, "x");
}

TEST(StylesFile, OlderOnesCallThePromptText) {
  const auto styles = read_styles("name,text\nInk,ink drawing\n");
  ASSERT_EQ(styles.size(), 1u);
  EXPECT_EQ(styles[0].prompt, "ink drawing");
}

TEST(StylesFile, WhatIsNoneIsRefused) {
  EXPECT_THAT(refusal_of_styles("{\"name\": 1}"), HasSubstr("the first line needs the columns name and prompt"));
  EXPECT_THAT(refusal_of_styles("name,prompt\nInk,\"never closed"), HasSubstr("a quote is not closed"));
  EXPECT_EQ(refusal_of_styles(""), "");
}

}  // namespace
}  // namespace pxf
