#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "e2e/own_library.h"
#include "files.h"

namespace pxf::test {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

class Choose : public OwnLibrary {
 protected:
  Outcome pxf(const std::vector<std::string>& arguments) const { return run(arguments, {.folder = folder_.path()}); }
  std::string chosen(const std::string& prompt) const { return pxf({"choose", prompt, "--json"}).json()["checkpoint"]; }
};

TEST_F(Choose, TellsTheCheckpointWhyAndTheSecondBest) {
  const Outcome told = pxf({"choose", "a red dragon, pixel art"});
  EXPECT_EQ(told.status, 0);
  EXPECT_EQ(told.out, "starter-pixel: made for pixel art (\"pixel art\"); second best: starter\n");
  const Outcome explained = pxf({"choose", "a red dragon, pixel art", "--explain"});
  EXPECT_THAT(explained.out, HasSubstr("asked for: pixel art (pixel art)"));
  EXPECT_THAT(explained.out, HasSubstr("CHECKPOINT     SCORE"));
  const auto json = pxf({"choose", "neon sign of a cat", "--json"}).json();
  EXPECT_EQ(json["checkpoint"], "starter");
  EXPECT_EQ(json["loras"][0]["name"], "neon");
  EXPECT_TRUE(json["scores"][0]["parts"].contains("intent"));
}

TEST_F(Choose, GenerateDrawsWithWhatItWouldTake) {
  const std::vector<std::string> small = {"--steps", "2", "--size", "64x64", "--seed", "7", "-o"};
  const auto draw = [&](std::vector<std::string> arguments, const std::string& to) {
    arguments.insert(arguments.begin(), "generate");
    arguments.insert(arguments.end(), small.begin(), small.end());
    arguments.push_back(to);
    return pxf(arguments);
  };
  const Outcome by_itself = draw({"a castle, pixel art"}, "a.png");
  EXPECT_THAT(by_itself.out, StartsWith("starter-pixel · "));
  EXPECT_THAT(by_itself.err, HasSubstr("chosen starter-pixel: made for pixel art (\"pixel art\")"));
  ASSERT_EQ(draw({"a castle, pixel art", "-m", "starter-pixel"}, "b.png").status, 0);
  EXPECT_TRUE(content_of(folder_.path() / "a.png") == content_of(folder_.path() / "b.png"));

  const Outcome proposed = draw({"neon sign of a cat"}, "c.png");
  EXPECT_THAT(proposed.err, HasSubstr("LoRA neon fits, for \"neon\": -l neon"));
  const Outcome added = draw({"neon sign of a cat", "--auto-loras"}, "d.png");
  EXPECT_THAT(added.err, Not(HasSubstr("fits")));
  ASSERT_EQ(draw({"neon sign of a cat", "-l", "neon"}, "e.png").status, 0);
  EXPECT_TRUE(content_of(folder_.path() / "d.png") == content_of(folder_.path() / "e.png"));
}

TEST_F(Choose, RemembersWhatIsPreferred) {
  ASSERT_EQ(chosen("a lighthouse"), "starter");
  for (int i = 0; i < 6; ++i)
    ASSERT_EQ(pxf({"choose", "a harbour", "--prefer", "starter-pixel", "--avoid", "starter"}).status, 0);
  EXPECT_EQ(chosen("a lighthouse"), "starter-pixel");
  ASSERT_EQ(pxf({"choose", "--habits", "off"}).status, 0);
  EXPECT_EQ(chosen("a lighthouse"), "starter");
  ASSERT_EQ(pxf({"choose", "--habits", "on", "--forget"}).status, 0);
  EXPECT_EQ(chosen("a lighthouse"), "starter");
  const Outcome misspelt = pxf({"choose", "a harbour", "--prefer", "startr"});
  EXPECT_EQ(misspelt.status, 1);
  EXPECT_THAT(misspelt.err, HasSubstr("no checkpoint of the name \"startr\" is here"));
}

TEST_F(Choose, NeedsAPrompt) { EXPECT_EQ(pxf({"choose"}).status, 2); }

}  // namespace
}  // namespace pxf::test
