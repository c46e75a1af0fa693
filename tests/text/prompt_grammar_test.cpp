// What the grammars promise beyond the goldens of A1111 and ComfyUI (prompt_golden_test.cpp).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "text/prompt_comfy.h"
#include "text/prompt_networks.h"
#include "text/prompt_parts.h"
#include "text/prompt_schedule.h"

namespace pxf::test {
namespace {

using Spans = std::vector<WeightedText>;
using Schedule = std::vector<ScheduledText>;
using ::testing::ElementsAre;

TEST(PromptAttention, AMalformedNumberIsText) {
  for (const std::string number : {"1.2.3", ".", "..", "+", "-.", "1.2.", "--1"}) {
    EXPECT_EQ(a1111_attention("(a:" + number + ")"), (Spans{{"a:" + number, 1.1}})) << number;
    EXPECT_EQ(comfy_attention("(a:" + number + ")"), (Spans{{"a:" + number, 1.1}})) << number;
  }
}

TEST(PromptAttention, ANumberThatIsNotFiniteIsText) {
  const std::string digits = "1" + std::string(400, '0');
  EXPECT_EQ(a1111_attention("(a:" + digits + ")"), (Spans{{"a:" + digits, 1.1}}));
  for (const std::string number : {"1e999", "nan", "inf", "-Infinity"}) {
    EXPECT_EQ(comfy_attention("(a:" + number + ")"), (Spans{{"a:" + number, 1.1}})) << number;
  }
}

TEST(PromptAttention, WeightsStayFinite) {
  const std::string huge = "1" + std::string(300, '0');
  EXPECT_EQ(a1111_attention("((((a:" + huge + ")))"), (Spans{{"a", kLargestWeight}}));
  EXPECT_EQ(a1111_attention("((((a:-" + huge + "):" + huge + ")))"), (Spans{{"a", -kLargestWeight}}));
  EXPECT_EQ(a1111_attention("((a:" + huge + "):0)"), (Spans{{"a", 0}}));
  EXPECT_EQ(comfy_attention("((a:" + huge + "))"), (Spans{{"a", kLargestWeight}}));
}

TEST(PromptAttention, ABracketMayCrossOneOfTheOtherKind) {
  EXPECT_EQ(a1111_attention("(a[b:2)c]"), (Spans{{"a", 2}, {"b", 2 / 1.1}, {"c", 1 / 1.1}}));
}

TEST(PromptAttention, BreakIsAWordInAnyScript) {
  EXPECT_EQ(a1111_attention("\u732bBREAK"), (Spans{{"\u732bBREAK", 1}}));
  EXPECT_EQ(a1111_attention("a\u3000BREAK\u00a0b"), (Spans{{"a", 1}, {"BREAK", -1}, {"b", 1}}));
}

TEST(PromptAttention, ComfyTakesALastClosingBracketForTheOneMissing) {
  EXPECT_EQ(comfy_attention("((a)"), (Spans{{"(a", 1.1}}));
  EXPECT_EQ(comfy_attention("((a:1.5)"), (Spans{{"(a", 1.5}}));
  EXPECT_EQ(comfy_attention("((a) b"), (Spans{{"((a) b", 1}}));
  EXPECT_EQ(comfy_attention("(x (y) ((z)"), (Spans{{"x ", 1.1}, {"y", 1.1 * 1.1}, {" ", 1.1}, {"((z", 1.1}}));
}

TEST(PromptAttention, ComfyCountsClosingBracketsTooMany) {
  EXPECT_EQ(comfy_attention("a) (b) (c)"), (Spans{{"a) (b) (c)", 1}}));
  EXPECT_EQ(comfy_attention("a)( (b)"), (Spans{{"a)( ", 1}, {"b", 1.1}}));
}

TEST(PromptSchedule, TheLastTextEndsWithTheLastStep) {
  EXPECT_EQ(prompt_schedule("[a:b:0.25]", {.steps = 8}), (Schedule{{2, "a"}, {8, "b"}}));
  EXPECT_EQ(prompt_schedule("[a:b:3][c:d:5]", {.steps = 8}), (Schedule{{3, "ac"}, {5, "bc"}, {8, "bd"}}));
}

TEST(PromptSchedule, TheSecondPassGoesOnCounting) {
  const ScheduleSteps second{.steps = 10, .hires_steps = 20};
  EXPECT_EQ(prompt_schedule("[a:b:15]", second), (Schedule{{5, "a"}, {20, "b"}}));
  EXPECT_EQ(prompt_schedule("[a:b:1.25]", second), (Schedule{{5, "a"}, {20, "b"}}));
  EXPECT_EQ(prompt_schedule("[a:b:5]", second), (Schedule{{20, "b"}}));
}

TEST(PromptSchedule, TheOldRuleKnowsOnePassOnly) {
  const ScheduleSteps old{.steps = 10, .hires_steps = 20, .old_rule = true};
  EXPECT_EQ(prompt_schedule("[a:b:.5][c:d:1.0]", old), (Schedule{{1, "ac"}, {5, "ad"}, {10, "bd"}}));
}

TEST(PromptSchedule, RefusesLessThanNoSteps) {
  EXPECT_THROW(prompt_schedule("a", {.steps = -1}), Failure);
  EXPECT_EQ(prompt_schedule("[a|b]", {.steps = 0}).size(), 1u);
}

TEST(PromptSchedule, WhatIsOfNoFormIsText) {
  for (const std::string text : {"[a:b:c]", "[a:b:1e999]", "[a:b:3", "a:b:3]", "[a(:b:3]", "a|b [c:d:3]", "(a|b)", "\\",
                                 "[a:b:3]\\", "\\[a:b:3\\]", "[a:b\\:3]", "[a\\|b]"}) {
    EXPECT_EQ(prompt_schedule(text, {.steps = 8}), (Schedule{{8, text}})) << text;
  }
}

TEST(PromptSchedule, AFormInsideTextIsAForm) {
  EXPECT_EQ(prompt_schedule("[a:([b|c]:d:3]", {.steps = 2}), (Schedule{{1, "[a:(b:d:3]"}, {2, "[a:(c:d:3]"}}));
  EXPECT_EQ(prompt_schedule("[a:b:3]:", {.steps = 8}), (Schedule{{3, "a:"}, {8, "b:"}}));
}

TEST(PromptParts, ANumberAfterTheLastColonIsTheWeight) {
  EXPECT_EQ(and_parts("a : 1.5 \nAND b:c :.5 AND d:1e2 AND e:1.2.3"),
            (Spans{{"a", 1.5}, {" b:c", 0.5}, {" d:1e2", 1}, {" e:1.2.3", 1}}));
  EXPECT_EQ(and_parts("a:" + std::string(400, '9')).front().weight, 1);
}

TEST(PromptNetworks, ArgumentsHaveAPlaceOrAName) {
  const PromptNetworks cut = cut_networks("a <lora:fox:0.8:start=0.3:a=b=c> b <hypernet:h:x>");
  EXPECT_EQ(cut.prompt, "a  b ");
  ASSERT_EQ(cut.networks.size(), 2u);
  const ExtraNetwork& lora = cut.networks[0];
  EXPECT_EQ(lora.kind, "lora");
  EXPECT_EQ(lora.name(), "fox");
  EXPECT_THAT(lora.positional, ElementsAre("fox", "0.8", "a=b=c"));
  EXPECT_EQ(lora.number(1, 1), 0.8);
  EXPECT_EQ(lora.number("start", 0), 0.3);
  EXPECT_EQ(lora.number("stop", 1), 1);
  EXPECT_EQ(cut.networks[1].kind, "hypernet");
  EXPECT_EQ(cut.networks[1].number(1, 0.5), 0.5) << "no number";
}

TEST(PromptNetworks, WhatIsNotClosedIsText) {
  for (const std::string text : {"<lora:x", "<lora>", "<:x>", "a < b: c > d", "<lora:>", "<3"}) {
    const PromptNetworks cut = cut_networks(text);
    EXPECT_EQ(cut.prompt, text);
    EXPECT_TRUE(cut.networks.empty());
  }
}

}  // namespace
}  // namespace pxf::test
