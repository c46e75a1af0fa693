#include "catalog/facts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "catalog/overrides.h"
#include "catalog/side_files.h"
#include "formats/temporary_folder.h"

namespace pxf::test {
namespace {

using testing::HasSubstr;

TEST(SideFiles, CivitaisInfoGivesLicenceTagsWordsAndAuthor) {
  const TemporaryFolder folder;
  folder.write("neon.civitai.info", R"({"modelId": 123, "trainedWords": ["neon style", "glow"],
    "creator": {"username": "ada"}, "model": {"name": "Neon", "tags": ["light", "style"],
    "allowCommercialUse": ["Image", "RentCivit"], "allowNoCredit": false}})");
  folder.write("neon.preview.png", "x");
  const SideFacts facts = read_side_files(folder / "neon.safetensors");
  EXPECT_EQ(facts.title, "Neon");
  EXPECT_EQ(facts.author, "ada");
  EXPECT_EQ(facts.tags, "light, style");
  EXPECT_EQ(facts.trigger_words, "neon style, glow");
  EXPECT_EQ(facts.license, "civitai: allowCommercialUse=Image, RentCivit; allowNoCredit=false");
  EXPECT_EQ(facts.source, "https://civitai.com/models/123");
  EXPECT_EQ(facts.preview, folder / "neon.preview.png");
}

TEST(SideFiles, WhatTheUserWroteInA1111GoesFirst) {
  const TemporaryFolder folder;
  folder.write("neon.json", R"({"activation text": "my neon", "description": "mine"})");
  folder.write("neon.civitai.info", R"({"trainedWords": ["neon style"], "description": "theirs"})");
  const SideFacts facts = read_side_files(folder / "neon.safetensors");
  EXPECT_EQ(facts.trigger_words, "my neon");
  EXPECT_EQ(facts.description, "mine");
}

TEST(SideFiles, DamagedOnesAreAsIfTheyWereNotThere) {
  const TemporaryFolder folder;
  folder.write("a.json", "{\"activation text\": ");
  folder.write("a.civitai.info", "[1, 2]");
  folder.write("a.metadata.json", R"({"civitai": 7, "tags": {"x": 1}})");
  const SideFacts facts = read_side_files(folder / "a.ckpt");
  EXPECT_EQ(facts.trigger_words + facts.license + facts.tags + facts.description, "");
}

TEST(Facts, TheFileGoesBeforeWhatStandsBesideIt) {
  const TemporaryFolder folder;
  folder.write("a.json", R"({"license": "mit", "author": "beside"})");
  ModelInfo info;
  info.license = "cc0-1.0";
  info.metadata["modelspec.trigger_phrase"] = "glow";
  const Facts facts = gather_facts(info, folder / "a.safetensors");
  EXPECT_EQ(facts.info.license, "cc0-1.0");
  EXPECT_EQ(facts.info.author, "beside");
  EXPECT_EQ(facts.trigger_words, "glow");
}

TEST(Facts, ComeBackAsTheyWereKept) {
  Facts facts;
  facts.info.kind = "checkpoint";
  facts.info.bytes = 5'000'000'000;
  facts.info.parts = {{"unet", 3, 4, 5, {"f16"}}};
  facts.info.recommended = Recommended{"euler", "karras", "Euler", "Karras", 20, 7.5, 512, 768, "the file"};
  facts.info.metadata = {{"a", "b\xff"}};  // not UTF-8
  facts.preview = "/x.png";
  const Facts back = facts_from_json(to_json_text(facts));
  EXPECT_EQ(back.info.kind, "checkpoint");
  EXPECT_EQ(back.info.bytes, 5'000'000'000u);
  ASSERT_EQ(back.info.parts.size(), 1u);
  EXPECT_EQ(back.info.parts[0].types, std::vector<std::string>{"f16"});
  EXPECT_EQ(back.info.recommended->height, 768);
  EXPECT_EQ(back.info.metadata.size(), 1u);
  EXPECT_EQ(back.preview, "/x.png");
  EXPECT_EQ(facts_from_json("nonsense").info.kind, "");
}

TEST(Overrides, AreCheckedAndTellTheNearestKey) {
  EXPECT_TRUE(check_override("steps", "30"));
  EXPECT_TRUE(check_override("size", "512x768"));
  EXPECT_THAT(check_override("step", "30").error().message, HasSubstr("did you mean \"steps\"?"));
  EXPECT_THAT(check_override("steps", "0").error().message, HasSubstr("got \"0\""));
  EXPECT_FALSE(check_override("size", "512x"));
  EXPECT_FALSE(check_override("cfg", "nan"));
}

TEST(Overrides, UnusableOnesOfANewerProgramAreLeftOut) {
  const Overrides set = overrides_from_json(R"({"steps": "30", "mood": "dark", "cfg": 7, "size": "x"})");
  EXPECT_EQ(set, (Overrides{{"steps", "30"}}));
  const OverriddenSettings settings = settings_of({{"size", "512"}, {"cfg", "6.5"}});
  EXPECT_EQ(settings.width, 512);
  EXPECT_EQ(settings.height, 512);
  EXPECT_EQ(settings.cfg_scale, 6.5);
  EXPECT_FALSE(settings.steps);
}

}  // namespace
}  // namespace pxf::test
