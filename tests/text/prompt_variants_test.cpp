#include "text/prompt_variants.h"

#include <gtest/gtest.h>

#include <array>
#include <map>
#include <set>

#include "base/error.h"
#include "text/prompt_styles.h"

namespace pxf::test {
namespace {

std::vector<std::string> lines_of(std::string_view name) {
  if (name == "color") return {"red", "green", "blue"};
  if (name == "animals/big cat") return {"{lion|tiger} with __color__ eyes"};
  if (name == "loop") return {"a __loop__"};
  if (name == "twice") return {"__empty____empty__"};
  if (name == "empty") return {""};
  if (name == "wide") return {std::string(50'000, 'x')};
  return {};
}

std::set<std::string> all_of(std::string_view prompt) {
  std::set<std::string> found;
  for (std::uint64_t seed = 0; seed < 200; ++seed) found.insert(choose_variants(prompt, seed, lines_of));
  return found;
}

using Texts = std::set<std::string>;

TEST(PromptVariants, EveryOptionHasItsTurn) {
  EXPECT_EQ(all_of("{a|b|}c"), (Texts{"ac", "bc", "c"}));
  EXPECT_EQ(all_of("{a|{b|c}d}"), (Texts{"a", "bd", "cd"}));
  EXPECT_EQ(all_of("my __color__ hat"), (Texts{"my red hat", "my green hat", "my blue hat"}));
}

// The seeds of pictures are saved with them: what they choose must never change.
TEST(PromptVariants, ASeedAlwaysChoosesTheSame) {
  const std::string prompt = "{a|b|c|d|e|f|g|h} {1|2|3|4|5|6|7|8} __color__";
  EXPECT_EQ(choose_variants(prompt, 0, lines_of), "d 2 green");
  EXPECT_EQ(choose_variants(prompt, 1, lines_of), "d 7 green");
  EXPECT_EQ(choose_variants(prompt, 0xffffffffffffffff, lines_of), "h 7 blue");
}

TEST(PromptVariants, OptionsAreAsLikelyAsTheySay) {
  std::map<std::string, int> count;
  for (std::uint64_t seed = 0; seed < 4000; ++seed) ++count[choose_variants("{3::a|b|0::c}", seed)];
  EXPECT_NEAR(count["a"], 3000, 150);
  EXPECT_NEAR(count["b"], 1000, 150);
  EXPECT_EQ(count["c"], 0);
}

TEST(PromptVariants, LinesOfAWildcardAreChosenFromToo) {
  EXPECT_EQ(all_of("__animals/big cat__").size(), 6u);
  EXPECT_TRUE(all_of("__animals/big cat__").contains("tiger with blue eyes"));
}

TEST(PromptVariants, WhatIsNoVariantIsText) {
  for (const std::string text : {"{a}", "{a", "a}", "}{", "a|b", "[a|b]", "{[a|b]}", "__nobody__", "__init", "____",
                                 "a__ b", "__../color__", ""}) {
    EXPECT_EQ(choose_variants(text, 1, lines_of), text);
  }
  EXPECT_EQ(choose_variants("__color__", 1), "__color__") << "without wildcards";
  EXPECT_EQ(choose_variants("__nobody__color__", 1,
                            [](std::string_view name) {
                              return name == "color" ? std::vector<std::string>{"red"} : std::vector<std::string>();
                            }),
            "__nobodyred");
}

TEST(PromptVariants, AWildcardsNameStaysInItsFolder) {
  const auto any = [](std::string_view) { return std::vector<std::string>{"red"}; };
  EXPECT_EQ(choose_variants("__../color__", 1, any), "__../color__");
  EXPECT_EQ(choose_variants("__/color__", 1, any), "__/color__");
}

TEST(PromptVariants, ABarInSquareBracketsIsTheirs) {
  EXPECT_EQ(all_of("{[a|b]|c}"), (Texts{"[a|b]", "c"}));
  EXPECT_EQ(all_of("{[a|b}"), (Texts{"[a", "b"}));
}

TEST(PromptVariants, ABackslashMakesTextOfABrace) {
  EXPECT_EQ(choose_variants("\\{a|b\\} \\(c\\) \\\\ \\", 1), "{a|b} \\(c\\) \\\\ \\");
  EXPECT_EQ(all_of("{a\\|b|c\\}}"), (Texts{"a\\|b", "c}"}));
}

TEST(PromptVariants, RefusesWildcardsThatNeverEnd) {
  EXPECT_THROW(choose_variants("__loop__", 1, lines_of), Failure);
  std::string many;
  for (int i = 0; i < 100; ++i) many += "__wide__";
  EXPECT_THROW(choose_variants(many, 1, lines_of), Failure);
  const auto ten_of_the_next = [](std::string_view name) {  // empty in the end, after 10^15 choices
    std::string line;
    for (int i = 0; i < 10 && name.size() < 15; ++i) line += "__" + std::string(name) + "x__";
    return std::vector<std::string>{line};
  };
  EXPECT_THROW(choose_variants("__x__", 1, ten_of_the_next), Failure);
}

TEST(PromptStyles, AStyleIsLaidAroundThePrompt) {
  const std::array<std::string, 3> styles{" oil painting ", "photo of {prompt}, by {prompt}", ""};
  EXPECT_EQ(with_styles(" a fox ", std::span(styles).first(1)), "a fox, oil painting");
  EXPECT_EQ(with_styles(" a fox ", std::span(styles).subspan(1, 1)), "photo of  a fox , by  a fox ");
  EXPECT_EQ(with_styles(" a fox ", std::span(styles).subspan(2)), "a fox");
  EXPECT_EQ(with_styles("", std::span(styles).first(1)), "oil painting");
  EXPECT_EQ(with_styles("fox", styles), "photo of fox, oil painting, by fox, oil painting");
  EXPECT_EQ(with_styles("fox", {}), "fox");
}

TEST(PromptStyles, RefusesToGrowWithoutEnd) {
  EXPECT_THROW(with_styles("fox", std::vector<std::string>(40, "{prompt}{prompt}")), Failure);
}

}  // namespace
}  // namespace pxf::test
