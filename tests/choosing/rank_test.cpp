#include "choosing/rank.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pxf::test {
namespace {

Profile profile(const std::string& name, const std::string& tags) {
  Profile out;
  out.name = name;
  out.tags = tags;
  ProfileText text;
  text.tags = tags;
  out.is_for = read_profile(Lexicon::embedded(), text);
  return out;
}

Wish wish(const std::string& prompt) {
  Wish out;
  out.prompt = read_prompt(Lexicon::embedded(), prompt, "");
  return out;
}

std::string best(const Wish& wish, const std::vector<Profile>& profiles, const std::vector<Support>& supports = {}) {
  return profiles[rank(Lexicon::embedded(), wish, profiles, supports).at(0).profile].name;
}

TEST(Rank, AnAllRounderDrawsWhatAsksForNothing) {
  const std::vector<Profile> all = {profile("anime", "anime"), profile("all", "general purpose, versatile"),
                                    profile("photo", "photography")};
  EXPECT_EQ(best(wish("a cat"), all), "all");
  EXPECT_EQ(best(wish("photo of a cat"), all), "photo");
  EXPECT_EQ(best(wish("1girl, solo, anime"), all), "anime");
}

TEST(Rank, APlainMediumGoesBeforeWhatThePictureShows) {
  const std::vector<Profile> all = {profile("rooms", "architecture, interior"), profile("iso", "isometric")};
  EXPECT_EQ(best(wish("isometric kitchen"), all), "iso");
  EXPECT_EQ(best(wish("a kitchen"), all), "rooms");
}

TEST(Rank, ANarrowerProfileWaitsUntilItIsAskedFor) {
  const std::vector<Profile> all = {profile("food", "photography, food"), profile("photo", "photography, cars, text")};
  EXPECT_EQ(best(wish("photo of a bridge"), all), "photo");
  EXPECT_EQ(best(wish("photo of a cheesecake"), all), "food");
}

TEST(Rank, WhatNoProfileIsForDoesNotWeakenTheRest) {
  const std::vector<Profile> all = {profile("photo", "photography"), profile("all", "general purpose, versatile")};
  const auto score = [&](const char* prompt) { return rank(Lexicon::embedded(), wish(prompt), all).at(0).intent; };
  EXPECT_DOUBLE_EQ(score("photo of a motorcycle"), score("photo of a bridge"));
}

TEST(Rank, WordsToBeReadGoBeforeTheMediumTheyAreIn) {
  const std::vector<Profile> all = {profile("3d", "3d render"), profile("words", "typography, lettering")};
  EXPECT_EQ(best(wish("3d render of \"HELLO\" on a beach"), all), "words");
}

TEST(Rank, ANativeSizeFarFromTheAskedOneCostsTheLead) {
  std::vector<Profile> all = {profile("a", "photography"), profile("b", "photography")};
  all[0].width = all[0].height = 512;
  all[1].width = all[1].height = 1024;
  Wish large = wish("photo of a cat");
  EXPECT_EQ(best(large, all), "a");
  large.width = large.height = 1024;
  EXPECT_EQ(best(large, all), "b");
}

TEST(Rank, WhatIsInMemoryDecidesBetweenEqualsAlone) {
  std::vector<Profile> all = {profile("a", "photography"), profile("b", "photography"), profile("c", "pixel art")};
  all[1].in_memory = all[2].in_memory = true;
  EXPECT_EQ(best(wish("photo of a cat"), all), "b");
  all[1].in_memory = false;
  EXPECT_EQ(best(wish("photo of a cat"), all), "a");
}

TEST(Rank, EveryScoreIsTheSumOfItsParts) {
  std::vector<Profile> all = {profile("a", "photography"), profile("b", "versatile")};
  all[0].width = all[0].height = 512;
  all[0].parameters = 0.86;
  Wish one = wish("photo of a cat");
  one.width = one.height = 768;
  for (const Rated& r : rank(Lexicon::embedded(), one, all, std::vector<Support>{{2, 0.5}, {0, -0.5}})) {
    EXPECT_DOUBLE_EQ(r.score, r.intent + r.general + r.words + r.habit + r.size + r.strength + r.in_memory);
    EXPECT_FALSE(r.why.empty());
  }
}

TEST(Profiles, ComeBackAsTheyWereKept) {
  const Lexicon& lexicon = Lexicon::embedded();
  const Reading reading = profile("a", "pixel art, no photos").is_for;
  Reading again;
  ASSERT_TRUE(from_stored(lexicon, to_stored(lexicon, reading), again));
  for (std::size_t i = 0; i < reading.weight.size(); ++i) EXPECT_NEAR(again.weight[i], reading.weight[i], 1e-3);
  EXPECT_FALSE(from_stored(Lexicon("[a] medium\n1: x\n"), to_stored(lexicon, reading), again)) << "another lexicon";
  EXPECT_FALSE(from_stored(lexicon, to_stored(lexicon, reading) + " 99999 1", again));
  EXPECT_FALSE(from_stored(lexicon, "", again));
}

TEST(Loras, AreProposedByTheirWordsAndOfTheSameFamily) {
  std::vector<Profile> loras = {profile("neon", "neon, style")};
  loras[0].family = "sd1";
  loras[0].trigger_words = "neon sign";
  const auto proposed = [&](const std::string& prompt, const std::string& family) {
    return fitting_loras(Lexicon::embedded(), wish(prompt), loras, family).size();
  };
  EXPECT_EQ(proposed("neon sign of a cat", "sd1"), 1u);
  EXPECT_EQ(proposed("neon sign of a cat", "sdxl"), 0u);
  EXPECT_EQ(proposed("a cat, style of a master", "sd1"), 0u);
  EXPECT_EQ(proposed("a cat, no neon sign", "sd1"), 0u);
}

TEST(Loras, AreProposedForALookInOtherWordsButNotForAMaterial) {
  const std::vector<Profile> loras = {profile("clay", "clay, claymation"), profile("paper", "papercut, paper")};
  const auto proposed = [&](const std::string& prompt) {
    std::string out;
    for (const RatedLora& one : fitting_loras(Lexicon::embedded(), wish(prompt), loras, ""))
      out += loras[one.profile].name;
    return out;
  };
  EXPECT_EQ(proposed("a farmer, stop motion puppet"), "clay");
  EXPECT_EQ(proposed("a fox made of clay"), "clay");
  EXPECT_EQ(proposed("origami crane"), "paper");
  EXPECT_EQ(proposed("a tennis match on a clay court"), "");
  EXPECT_EQ(proposed("clay in the potter's hands, paper on the floor"), "");
}

}  // namespace
}  // namespace pxf::test
