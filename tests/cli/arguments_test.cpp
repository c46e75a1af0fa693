#include "cli/arguments.h"

#include <gtest/gtest.h>

namespace pxf::cli {
namespace {

TEST(Size, IsReadAsPeopleWriteIt) {
  for (const char* text : {"512x768", "512X768", "512×768"}) {
    const auto size = parse_size(text);
    ASSERT_TRUE(size) << text;
    EXPECT_EQ(size->width, 512);
    EXPECT_EQ(size->height, 768);
  }
  EXPECT_EQ(parse_size("512")->height, 512);
}

TEST(Size, RefusesWhatIsNone) {
  for (const char* text : {"", "x", "512x", "x512", "512x512x512", "512 x 512", "a", "1e3", "99999999999x8"}) {
    EXPECT_FALSE(parse_size(text)) << text;
  }
}

TEST(Number, IsDecimalAndWhole) {
  EXPECT_EQ(parse_number<int>("010"), 10);
  EXPECT_EQ(parse_number<std::uint64_t>("18446744073709551615"), 18446744073709551615u);
  EXPECT_FALSE(parse_number<std::uint64_t>("18446744073709551616"));
  EXPECT_FALSE(parse_number<std::uint64_t>("-1"));
  EXPECT_FALSE(parse_number<int>("5 "));
  EXPECT_FALSE(parse_number<int>(""));
  EXPECT_EQ(parse_number<double>("7.5"), 7.5);
}

}  // namespace
}  // namespace pxf::cli
