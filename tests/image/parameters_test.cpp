#include "image/parameters.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "support.h"

namespace pxf {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

nlohmann::json golden_cases(const char* file) {
  std::ifstream stream(test::golden_folder() / "metadata" / file);
  return nlohmann::json::parse(stream)["cases"];
}

TEST(ParametersGolden, ValuesAreQuotedAsA1111QuotesThem) {
  for (const auto& entry : golden_cases("quote.json")) {
    if (!entry["value"].is_string()) continue;  // numbers are written as they are
    EXPECT_EQ(quote_parameter(entry["value"].get<std::string>()), entry["quoted"].get<std::string>());
  }
}

// Fields that A1111 adds to what the text says, whatever the text is: not syntax.
const std::set<std::string> kDefaults = {"Clip skip",
                                         "Hires resize-1",
                                         "Hires resize-2",
                                         "Hires sampler",
                                         "Hires schedule type",
                                         "Hires checkpoint",
                                         "Hires prompt",
                                         "Hires negative prompt",
                                         "Mask mode",
                                         "Masked content",
                                         "Inpaint area",
                                         "Masked area padding",
                                         "RNG",
                                         "Schedule type",
                                         "Schedule max sigma",
                                         "Schedule min sigma",
                                         "Schedule rho",
                                         "VAE Encoder",
                                         "VAE Decoder",
                                         "FP8 weight",
                                         "Emphasis",
                                         "Refiner switch by sampling steps"};

TEST(ParametersGolden, TextsAreTakenApartAsA1111TakesThem) {
  int checked = 0;
  for (const auto& entry : golden_cases("infotext.json")) {
    const std::string text = entry["text"];
    SCOPED_TRACE(text);
    // These two are rewritten after parsing: sizes move to the hires pass, a hypernetwork into the prompt.
    if (text.find("First pass size") != std::string::npos || text.find("Hypernet") != std::string::npos) continue;
    ++checked;
    const Parameters got = parse_parameters(text);
    std::map<std::string, std::string> fields(got.fields.begin(), got.fields.end());
    fields["Prompt"] = got.prompt;
    fields["Negative prompt"] = got.negative;
    for (const auto& [key, value] : fields) {
      ASSERT_TRUE(entry["fields"].contains(key)) << key;
      EXPECT_EQ(entry["fields"][key], value) << key;
    }
    for (const auto& [key, value] : entry["fields"].items()) {
      const bool added = kDefaults.contains(key) || !value.is_string();
      EXPECT_TRUE(fields.contains(key) || added) << key << " is missing";
    }
  }
  EXPECT_GT(checked, 30);
}

TEST(Parameters, WhatIsWrittenReadsBack) {
  const Parameters written{"a cat,\nsitting: there",
                           "ugly",
                           {{"Steps", "20"}, {"Sampler", "DPM++ 2M"}, {"Note", "a, \"b\": \\ c\nd"}, {"Model", "猫"}}};
  EXPECT_EQ(format_parameters(written),
            "a cat,\nsitting: there\nNegative prompt: ugly\n"
            "Steps: 20, Sampler: DPM++ 2M, Note: \"a, \\\"b\\\": \\\\ c\\nd\", Model: 猫");
  EXPECT_EQ(parse_parameters(format_parameters(written)), written);
}

TEST(Parameters, AnEmptyNegativePromptIsLeftOut) {
  EXPECT_EQ(format_parameters({"a cat", "", {{"Steps", "20"}}}), "a cat\nSteps: 20");
  EXPECT_EQ(format_parameters({"", "", {{"Steps", "20"}}}), "Steps: 20");
  EXPECT_EQ(format_parameters({"a cat", "", {}}), "a cat");
}

TEST(Parameters, FewerThanThreeFieldsAreWordsOfThePrompt) {
  const Parameters got = parse_parameters("a cat\nSteps: 20, Seed: 1");
  EXPECT_EQ(got.prompt, "a cat\nSteps: 20, Seed: 1");
  EXPECT_THAT(got.fields, IsEmpty());
}

TEST(Parameters, TheLastOfARepeatedKeyWinsAndStaysInItsPlace) {
  EXPECT_THAT(parse_parameters("Steps: 1, Seed: 2, Steps: 3").fields,
              ElementsAre(Pair("Steps", "3"), Pair("Seed", "2")));
}

TEST(Parameters, BlankLinesOfThePromptStay) {
  EXPECT_EQ(parse_parameters("a\n\nb\n\nSteps: 1, Seed: 2, CFG scale: 3").prompt, "a\n\nb\n");
}

TEST(Parameters, OddQuotesAreTextUpToTheComma) {
  EXPECT_THAT(parse_parameters("aa: \"x\"y, bb: \"\", cc: \"\\q\", dd: \"").fields,
              ElementsAre(Pair("aa", "\"x\"y"), Pair("bb", ""), Pair("cc", "\"\\q\""), Pair("dd", "\"")));
  EXPECT_THAT(parse_parameters("aa: 1, bb: 2, cc: \"x\\").fields,
              ElementsAre(Pair("aa", "1"), Pair("bb", "2"), Pair("cc", "\"x\\")));
}

TEST(Parameters, AKeyNeedsTwoCharacters) {
  EXPECT_THAT(parse_parameters("é: 1, aa: 1, 模型: 2, b: 3, c/d e-f: 4").fields,
              ElementsAre(Pair("aa", "1"), Pair("模型", "2"), Pair("c/d e-f", "4")));
}

}  // namespace
}  // namespace pxf
