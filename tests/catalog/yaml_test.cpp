#include "catalog/yaml.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pxf::test {
namespace {

using testing::HasSubstr;

TEST(Yaml, ReadsMapsListsAndTexts) {
  const Yaml all = parse_yaml("a: {b: 'x: y', c: ~}\nd: |\n  one\n  two\ne:\n- 1\n- [2]\n").value();
  EXPECT_EQ(all.find("a")->find("b")->text, "x: y");
  EXPECT_EQ(all.find("a")->find("c")->text, "");
  EXPECT_EQ(all.find("d")->text, "one\ntwo\n");
  EXPECT_EQ(all.find("e")->entries.at(1).entries.at(0).text, "2");
  EXPECT_EQ(all.find("f"), nullptr);
  EXPECT_TRUE(parse_yaml("").value().entries.empty());
}

TEST(Yaml, RefusesWhatCanStandForMoreThanItHolds) {
  EXPECT_THAT(parse_yaml("a: &x [1]\nb: [*x, *x]\n").error().message, HasSubstr("line 2: has an alias"));
  EXPECT_THAT(parse_yaml(std::string(1000, '[')).error().message, HasSubstr("nested too deep"));
  EXPECT_EQ(parse_yaml("a: [").error().code, ErrorCode::bad_file);
  EXPECT_EQ(parse_yaml("[x]: y").error().code, ErrorCode::bad_file);
}

}  // namespace
}  // namespace pxf::test
