// Styles, wildcards and what variants bring along, as they reach pictures.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "base/error.h"
#include "formats/safetensors.h"
#include "pixelforge/engine.h"

namespace pxf {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

class PromptTexts : public testing::Test {
 protected:
  PromptTexts() {
    fs::create_directories(folder / "wildcards/fruit");
    std::ofstream(folder / "styles.csv") << "name,prompt,negative_prompt\nInk,\"{prompt}, ink\",colour\nWide,wide,\n";
    std::ofstream(folder / "wildcards/fruit/red ones.txt") << "# ripe\n  a cherry \n\na red apple\n";
    request.width = request.height = 64;
    request.steps = 1;
    request.seed = 3;
    request.styles_file = (folder / "styles.csv").string();
    request.wildcards = (folder / "wildcards").string();
  }
  ~PromptTexts() override { fs::remove_all(folder); }

  std::vector<Picture> draw() { return value_or_throw(engine.generate(starter, request)); }
  std::string problem() {
    const auto plan = engine.plan(starter, request);
    return plan.ok() ? "" : plan.error().text();
  }

  fs::path folder = fs::path(testing::TempDir()) / testing::UnitTest::GetInstance()->current_test_info()->name();
  Engine engine;
  Checkpoint starter = value_or_throw(engine.open("starter"));
  Request request;
};

TEST_F(PromptTexts, StylesAreLaidAroundBothPrompts) {
  request.prompt = "a boat";
  request.negative = "night";
  request.styles = {"Ink", "Wide"};
  const Picture picture = draw().at(0);
  EXPECT_EQ(picture.prompt, "a boat, ink, wide");
  EXPECT_THAT(picture.parameters, HasSubstr("Negative prompt: night, colour"));
}

TEST_F(PromptTexts, AStyleThatIsNotThereIsRefusedWithTheNearest) {
  request.styles = {"Inc"};
  EXPECT_THAT(problem(),
              testing::AllOf(HasSubstr("styles.csv"), HasSubstr("\"Inc\""), HasSubstr("did you mean \"Ink\"")));
}

TEST_F(PromptTexts, WildcardsAreLinesThatTheSeedChooses) {
  request.prompt = "__fruit/red ones__ on a __surface__";
  request.count = 6;
  std::set<std::string> seen;
  const std::vector<Picture> pictures = draw();
  for (const Picture& picture : pictures) seen.insert(picture.prompt);
  EXPECT_THAT(seen, ElementsAre("a cherry on a __surface__", "a red apple on a __surface__"));
  request.count = 1;
  request.seed = pictures.back().seed;
  EXPECT_EQ(draw().at(0).prompt, pictures.back().prompt);
  const Plan plan = value_or_throw(engine.plan(starter, request));
  EXPECT_THAT(plan.notices, ElementsAre(HasSubstr("wildcard __surface__ stays as it is")));
}

TEST_F(PromptTexts, NetworksOfOtherKindsAreNotLeftOutSilently) {
  request.prompt = "a boat <hypernet:old:0.5>";
  EXPECT_THAT(value_or_throw(engine.plan(starter, request)).notices,
              ElementsAre(HasSubstr("<hypernet:old>\" is left out")));
}

// Each picture has the LoRA that its own variant names, and is the one that this prompt alone gives.
TEST_F(PromptTexts, VariantsMayBringLoras) {
  request.prompt = "a boat {<lora:neon:1>|<lora:sketch:1>|by day}";
  request.count = 8;
  std::set<std::string> seen;
  for (const Picture& picture : draw()) {
    if (!seen.insert(picture.prompt).second) continue;
    Request alone = request;
    alone.prompt = picture.prompt;
    alone.seed = picture.seed;
    alone.count = 1;
    const Picture same = value_or_throw(engine.generate(starter, alone)).at(0);
    EXPECT_EQ(same.image.pixels, picture.image.pixels) << picture.prompt;
    EXPECT_EQ(same.parameters, picture.parameters);
  }
  EXPECT_EQ(seen.size(), 3u);
}

TEST_F(PromptTexts, ALicenceOfALaterPicturesLoraIsJudgedBeforeTheFirstIsDrawn) {
  const fs::path lora = folder / "glow.safetensors";  // says nothing of its licence
  const auto neon =
      value_or_throw(open_safetensors(fs::path(PIXELFORGE_SOURCE_DIR) / "assets/starter/lora/neon.safetensors"));
  std::vector<TensorView> views;
  for (const TensorInfo& info : neon->tensors())
    views.push_back({info.name, info.dtype, info.shape, neon->bytes(info.name)});
  value_or_throw(write_safetensors(lora, views, {}));
  request.commercial = true;
  request.prompt = "a boat {by day|by night|<lora:" + lora.string() + ":1>}";
  while (!engine.plan(starter, request)) ++*request.seed;
  while (engine.plan(starter, request)) ++request.count;
  ASSERT_GT(request.count, 1);
  bool drew = false;
  const auto pictures = engine.generate(starter, request, [&](const Progress&) {
    drew = true;
    return Go::on;
  });
  ASSERT_FALSE(pictures);
  EXPECT_THAT(pictures.error().message, HasSubstr("commercial use: got glow ("));
  EXPECT_FALSE(drew);
}

TEST_F(PromptTexts, ALoraThatALaterPictureMissesIsMissedBeforeTheFirstIsDrawn) {
  request.prompt = "a boat {by day|<lora:nowhere:1>}";
  request.count = 20;
  EXPECT_THAT(problem(), HasSubstr("nowhere"));
}

}  // namespace
}  // namespace pxf
