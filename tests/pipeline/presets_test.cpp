#include "pipeline/presets.h"

#include <gtest/gtest.h>

namespace pxf::test {
namespace {

PresetLayer said_by(const std::string& from, const std::string& sampler, int steps) {
  PresetLayer out{from, sampler, "karras"};
  out.steps = steps;
  out.cfg_scale = 7;
  return out;
}

TunedPreset tuned_to(const std::string& sampler, int steps) {
  TunedPreset out;
  for (const auto& [level, factor] : {std::pair(Level::best, 2), {Level::balanced, 1}, {Level::fast, 1}}) {
    out.levels[level] = {sampler, "normal", level == Level::fast ? steps / 2 : steps * factor, 5};
  }
  out.when = 1796000000;  // 2026-11-30
  return out;
}

Recommended recommended(const std::vector<PresetLayer>& layers) {
  Recommended out;
  for (const PresetLayer& one : layers) lay_over(one, out);
  return out;
}

TEST(Presets, TheUserGoesBeforeTuningAndTuningBeforeTheFile) {
  const Recommended r = recommended(
      {said_by("the file", "euler", 20), layer_of(tuned_to("dpmpp_2m", 16)), layer_of(Overrides{{"cfg", "3"}})});
  EXPECT_EQ(r.sampler, "dpmpp_2m");
  EXPECT_EQ(r.steps, 16);
  EXPECT_EQ(r.cfg_scale, 3);
  EXPECT_EQ(r.from, "you, else tuned here on 2026-11-30");
  EXPECT_EQ(r.sources.at("cfg_scale"), "you");
  EXPECT_EQ(r.sources.at("steps"), "tuned here on 2026-11-30");
}

TEST(Presets, ALevelTakesWhatWasTunedForIt) {
  const Recommended r = recommended({said_by("the file", "euler", 20), layer_of(tuned_to("dpmpp_2m", 16))});
  EXPECT_EQ(at_level(r, Level::best).steps, 32);
  EXPECT_EQ(at_level(r, Level::fast).steps, 8);
  EXPECT_EQ(at_level(r, Level::fast).sampler_label, "DPM++ 2M");
}

TEST(Presets, StepsThatTheUserSetsAreTheMeasureOfAllLevels) {
  const Recommended r = recommended({layer_of(tuned_to("dpmpp_2m", 16)), layer_of(Overrides{{"steps", "40"}})});
  EXPECT_EQ(at_level(r, Level::balanced).steps, 40);
  EXPECT_EQ(at_level(r, Level::fast).steps, 24);
  EXPECT_EQ(at_level(r, Level::best).steps, 60);
}

TEST(Presets, ASamplerThatTheUserSetsHoldsAtAllLevels) {
  const Recommended r = recommended({layer_of(tuned_to("dpmpp_2m", 16)), layer_of(Overrides{{"sampler", "Euler a"}})});
  EXPECT_EQ(at_level(r, Level::fast).sampler, "euler_ancestral");
  EXPECT_EQ(at_level(r, Level::fast).steps, 8);
}

TEST(Presets, ADistilledCheckpointKeepsItsStepsAtEveryLevel) {
  for (const PresetLayer& distilled : {said_by("its name: Lightning", "euler", 4), [] {
                                         PresetLayer out = said_by("its name: LCM", "lcm", 16);
                                         out.cfg_scale = 1;
                                         return out;
                                       }()}) {
    const Recommended r = recommended({distilled});
    for (const Level level : {Level::best, Level::fast}) EXPECT_EQ(at_level(r, level).steps, r.steps);
  }
}

TEST(Presets, FastNeverTakesMoreStepsThanBalanced) {
  for (int steps = 1; steps < 60; ++steps) {
    const Recommended r = recommended({said_by("the file", "euler", steps)});
    EXPECT_LE(at_level(r, Level::fast).steps, steps);
    EXPECT_GE(at_level(r, Level::best).steps, steps);
  }
}

TEST(Presets, AnEmptyNegativePromptIsTheRecommendedOneUnlessTheRequestWantsNone) {
  Recommended r;
  r.negative = "blurry";
  EXPECT_EQ(with_recommended_prompts({}, r).negative, "blurry");
  EXPECT_EQ(with_recommended_prompts({.negative = "cats"}, r).negative, "cats");
  EXPECT_EQ(with_recommended_prompts({.preset_negative = false}, r).negative, "");
}

TEST(Presets, WhatWasTunedSurvivesItsText) {
  TunedPreset tuned = tuned_to("dpmpp_2m", 16);
  tuned.sha256 = "ab";
  tuned.bytes = 7;
  tuned.mtime = -3;
  tuned.prediction = "v";
  EXPECT_EQ(tuned_from_json(to_json_text(tuned)), tuned);
  EXPECT_FALSE(tuned_from_json("{}"));
  EXPECT_FALSE(tuned_from_json("nonsense"));
}

TEST(Presets, AFileThatHasChangedIsNotTheOneThatWasTuned) {
  TunedPreset tuned = tuned_to("dpmpp_2m", 16);
  tuned.bytes = 7;
  tuned.mtime = 3;
  EXPECT_TRUE(is_of_this_file(tuned, "", {.bytes = 7, .mtime = 3, .inode = 9}));
  EXPECT_FALSE(is_of_this_file(tuned, "", {.bytes = 7, .mtime = 4, .inode = 9}));
  tuned.sha256 = "ab";
  EXPECT_TRUE(is_of_this_file(tuned, "ab", {.bytes = 7, .mtime = 4, .inode = 9}));  // copied elsewhere
  EXPECT_FALSE(is_of_this_file(tuned, "cd", {.bytes = 7, .mtime = 3, .inode = 9}));
}

}  // namespace
}  // namespace pxf::test
