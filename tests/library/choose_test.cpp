#include "pixelforge/choose.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "formats/temporary_folder.h"
#include "pixelforge/library.h"

namespace pxf::test {
namespace {

namespace fs = std::filesystem;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// Two checkpoints of the same weights, of which different things are said.
class Choosing : public testing::Test {
 protected:
  void add(const std::string& name, const std::string& says, const std::string& licence = "CC0-1.0") {
    const fs::path starter = fs::path(PIXELFORGE_SOURCE_DIR) / "assets/starter/starter.safetensors";
    fs::create_hard_link(copy_of(starter), folder_ / (name + ".safetensors"));
    ASSERT_TRUE(library_.add(folder_ / (name + ".safetensors"), {.mode = ImportMode::link}));
    ASSERT_TRUE(library_.set(name, "license", licence));
    ASSERT_TRUE(library_.set(name, "tags", "checkpoint"));  // in place of the starter's own
    ASSERT_TRUE(library_.set(name, "about", says.empty() ? "-" : says));
  }
  Choice choice(const std::string& prompt) {
    Choice out = library_.choose({.prompt = prompt, .among = among_}).value();
    return out;
  }
  std::string chosen(const std::string& prompt) { return choice(prompt).checkpoint; }

  TemporaryFolder folder_;
  Engine engine_;
  Library library_{engine_, folder_ / "home"};
  std::vector<std::string> among_ = {"a", "b"};

 private:
  fs::path copy_of(const fs::path& file) {
    const fs::path copy = folder_ / "copy.bin";
    if (!fs::exists(copy)) fs::copy_file(file, copy);
    return copy;
  }
};

TEST_F(Choosing, GoesByWhatIsSaidOfEachModel) {
  add("a", "Clean logos, vector icons and badges.");
  add("b", "Watercolor paintings on real paper.");
  EXPECT_EQ(chosen("logo for a bakery"), "a");
  EXPECT_EQ(chosen("aquarelle of a lighthouse"), "b");
  EXPECT_THAT(choice("logo for a bakery").why, HasSubstr("made for logo (\"logo for\")"));
  EXPECT_THAT(choice("logo, not a photo").asked, Contains("not photo (photo)"));
}

TEST_F(Choosing, HeedsWhatItsUserSets) {
  add("a", "Clean logos, vector icons and badges.");
  add("b", "");
  ASSERT_EQ(chosen("a castle, pixel art"), "b") << "nothing is known of it, so it may be for anything";
  ASSERT_TRUE(library_.set("a", "good_for", "pixel art"));
  EXPECT_EQ(chosen("a castle, pixel art"), "a");
  ASSERT_TRUE(library_.set("a", "good_for", ""));
  EXPECT_EQ(chosen("a castle, pixel art"), "b");
}

TEST_F(Choosing, FindsWordsThatNoLexiconHas) {
  add("a", "Pictures of zorblaxes and their nests.");
  add("b", "Pictures of quimbles.");
  EXPECT_EQ(chosen("three zorblaxes at dawn"), "a");
  EXPECT_EQ(chosen("a quimble"), "b");
}

double likeness_of(const Choice& choice, const std::string& checkpoint) {
  return std::ranges::find(choice.scores, checkpoint, &ChoiceScore::checkpoint)->likeness;
}

TEST_F(Choosing, ComparesMeaningsWithTheEncoderThatIsNamed) {
  add("a", "a blue boat on the sea");
  add("b", "an orange cat in a room");
  EXPECT_EQ(likeness_of(choice("a red boat"), "a"), 0) << "nobody has asked for it";
  ASSERT_TRUE(library_.liken_by("starter"));
  const Choice boat = choice("a red boat");
  EXPECT_GT(likeness_of(boat, "a"), 0);
  EXPECT_LT(likeness_of(boat, "b"), 0);
  EXPECT_THAT(boat.notices, IsEmpty());
  ASSERT_TRUE(library_.set("a", "about", "an orange cat in a room"));
  ASSERT_TRUE(library_.set("b", "about", "a blue boat on the sea"));
  EXPECT_LT(likeness_of(choice("a red boat"), "a"), 0) << "what is said of it has changed";
  ASSERT_TRUE(library_.liken_by(""));
  EXPECT_EQ(likeness_of(choice("a red boat"), "b"), 0);
}

TEST_F(Choosing, GoesOnWithoutAnEncoderThatHasGone) {
  add("a", "Clean logos, vector icons and badges.");
  ASSERT_TRUE(library_.liken_by("a"));
  ASSERT_TRUE(library_.rename("a", "c"));
  among_ = {"c"};
  EXPECT_THAT(choice("a logo").notices, IsEmpty()) << "it is still the one, under its new name";
  fs::remove(folder_ / "a.safetensors");
  EXPECT_THAT(choice("a logo").notices, ElementsAre(HasSubstr("likeness did not count")));
  ASSERT_TRUE(library_.remove("c"));
  among_ = {"starter"};
  EXPECT_THAT(choice("a logo").notices, IsEmpty());
  EXPECT_EQ(library_.liken_by("nobody").error().code, ErrorCode::not_found);
}

TEST_F(Choosing, TellsWhatAModelIsGoodFor) {
  add("a", "Clean logos, vector icons and badges.");
  ASSERT_TRUE(library_.set("a", "good_for", "pixel art"));
  const std::vector<GoodFor> told = good_for(library_.show("a").value());
  ASSERT_FALSE(told.empty());
  EXPECT_EQ(told[0].what, "pixel art");
}

TEST_F(Choosing, LeavesOutWhatALicenceForbids) {
  add("a", "Clean logos, vector icons and badges.", "cc-by-nc-4.0");
  add("b", "Watercolor paintings.");
  EXPECT_EQ(library_.choose({.prompt = "a logo", .commercial = true, .among = among_}).value().checkpoint, "b");
  const auto none = library_.choose({.prompt = "a logo", .commercial = true, .among = {"a"}});
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, ErrorCode::not_found);
  EXPECT_THAT(none.error().text(), HasSubstr("commercial use"));
}

TEST_F(Choosing, LearnsWhatIsKeptUntilItIsToldToForget) {
  add("a", "");
  add("b", "");
  ASSERT_EQ(chosen("a lighthouse"), "a");
  ASSERT_TRUE(library_.learn("a harbour", "b", true));
  EXPECT_EQ(chosen("a lighthouse"), "b");
  EXPECT_EQ(chosen("a logo"), "a") << "that was another occasion";
  EXPECT_EQ(library_.choose({.prompt = "a lighthouse", .among = among_, .who = "another"}).value().checkpoint, "a");
  ASSERT_TRUE(library_.heed_habits(false));
  EXPECT_EQ(chosen("a lighthouse"), "a");
  ASSERT_TRUE(library_.heed_habits(true));
  ASSERT_TRUE(library_.rename("b", "c"));
  among_ = {"a", "c"};
  EXPECT_EQ(chosen("a lighthouse"), "c") << "a habit goes with its model's name";
  ASSERT_TRUE(library_.forget_habits());
  EXPECT_EQ(chosen("a lighthouse"), "a");
}

TEST_F(Choosing, WorksWithoutALibraryAndMakesNone) {
  const Choice pixel = library_.choose({.prompt = "a red dragon, pixel art"}).value();
  EXPECT_EQ(pixel.checkpoint, "starter-pixel");
  const Choice plain = library_.choose({.prompt = "not pixel art: a smooth star"}).value();
  EXPECT_EQ(plain.checkpoint, "starter");
  const Choice neon = library_.choose({.prompt = "neon sign of a cat"}).value();
  ASSERT_EQ(neon.loras.size(), 1u);
  EXPECT_EQ(neon.loras[0].name, "neon");
  EXPECT_THAT(library_.choose({.prompt = "a cat without neon"}).value().loras, IsEmpty());
  EXPECT_THAT(library_.choose({.prompt = "a cat, <lora:neon:0.5> neon"}).value().loras, IsEmpty());
  EXPECT_FALSE(fs::exists(library_.home()));
}

TEST_F(Choosing, ReadsHostileTextsLikeAnyOthers) {
  std::string long_text;
  for (int i = 0; i < 60'000; ++i) long_text += "pixel art \x01 (((";
  add("a", long_text);
  add("b", "\" OR NEAR( * ^ ) AND {");
  EXPECT_EQ(chosen("a castle, pixel art"), "a");
  EXPECT_EQ(chosen("\" OR * NEAR( \xff\xfe )"), chosen("\" OR * NEAR( \xff\xfe )"));
  std::string long_prompt;
  for (int i = 0; i < 100'000; ++i) long_prompt += "((castle:1.1), ";
  EXPECT_FALSE(chosen(long_prompt).empty());
}

}  // namespace
}  // namespace pxf::test
