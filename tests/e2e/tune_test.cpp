#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <fstream>

#include "e2e/own_library.h"
#include "e2e/weights_file.h"

namespace pxf::test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

class Tune : public OwnLibrary {
 protected:
  static Outcome tune(std::vector<std::string> arguments, const Surroundings& surroundings = {}) {
    arguments.insert(arguments.begin(), "tune");
    arguments.insert(arguments.end(), {"--effort", "tiny"});
    return run(arguments, surroundings);
  }
  /// The starter under a name of the library, at a size that is drawn fast.
  void add_small(const std::string& name) const {
    const fs::path file = folder_.path() / (name + ".safetensors");
    fs::copy_file(starter_file(), file);
    ASSERT_EQ(run({"import", file, "--link"}).status, 0);
    ASSERT_EQ(run({"set", name, "size=64"}).status, 0);
  }
  static std::string recommended_by(const std::string& name) {
    return run({"inspect", name, "--json"}).json()["recommended"]["from"];
  }
};

TEST_F(Tune, WhatItFindsIsWhatARequestGetsUntilItIsForgotten) {
  add_small("mine");
  const fs::path sheets = folder_.path() / "sheets";
  const Outcome done = tune({"mine", "--json", "--report", sheets});
  ASSERT_EQ(done.status, 0) << done.err;
  const auto found = done.json();
  EXPECT_TRUE(found["saved"]);
  EXPECT_TRUE(fs::exists(sheets / "report.html"));
  EXPECT_TRUE(fs::exists(sheets / "report.png"));
  EXPECT_THAT(recommended_by("mine"), HasSubstr("tuned here on 20"));
  for (const std::string level : {"best", "balanced", "fast"}) {
    const auto plan = run({"generate", "a", "-m", "mine", "--explain", "--json", "--level", level}).json()["settings"];
    for (const char* key : {"sampler", "scheduler", "steps", "cfg_scale"}) {
      EXPECT_EQ(plan[key], found["levels"][level][key]) << level << " " << key;
    }
  }
  EXPECT_EQ(run({"tune", "mine", "--forget"}).status, 0);
  EXPECT_EQ(recommended_by("mine"), "you, else the file");
}

TEST_F(Tune, ACheckpointInTheProgramIsTunedAsWell) {
  ASSERT_EQ(tune({"starter", "-q"}).status, 0);
  EXPECT_THAT(recommended_by("starter"), HasSubstr("tuned here on 20"));
  ASSERT_EQ(run({"tune", "starter", "--forget"}).status, 0);
  EXPECT_EQ(recommended_by("starter"), "the file");
}

// Latents of weak guidance are a little larger than those of strong guidance: with such weights the VAE's sums leave
// f32 for them alone.
TEST_F(Tune, CfgScalesThatGiveNoNumbersAreNamedAndOthersTaken) {
  WeightsFile starter(starter_file());
  starter.scale("first_stage_model.post_quant_conv.weight", 2.65e33F);
  const fs::path file = folder_.path() / "narrow.safetensors";
  starter.write(file);
  ASSERT_EQ(run({"import", file, "--link"}).status, 0);
  ASSERT_EQ(run({"set", "narrow", "size=64"}).status, 0);
  const Outcome done = tune({"narrow", "--json", "--prompt", "a red apple", "--report", folder_.path() / "sheets"});
  ASSERT_EQ(done.status, 0) << done.err;
  const auto found = done.json();
  EXPECT_THAT(found["cfgs"][0]["left_out"].get<std::string>(), HasSubstr("gives no picture"));
  EXPECT_THAT(found["notes"][0].get<std::string>(), HasSubstr("CFG 1: "));
  EXPECT_GE(found["levels"]["balanced"]["cfg_scale"], 5);
  EXPECT_THAT(content_of(folder_.path() / "sheets/report.html"), HasSubstr("gives no picture"));
  const Outcome drawn =
      run({"generate", "a red apple", "-m", "narrow", "--seed", "1001", "-o", folder_.path() / "a.png"});
  EXPECT_EQ(drawn.status, 0) << drawn.err;
}

TEST_F(Tune, AClipOfTheUsersJudgesPicturesToo) {
  WeightsFile clip(fs::path(PIXELFORGE_SOURCE_DIR) / "tests/models/files/clip.safetensors");
  const std::string embeddings = "text_model.embeddings.";
  clip.add(embeddings + "token_embedding.weight", {49408, 32}, some_numbers(49408 * 32));
  clip.add(embeddings + "position_embedding.weight", {77, 32}, some_numbers(77 * 32));
  const fs::path file = folder_.path() / "clip.safetensors";
  clip.write(file);
  std::ofstream(folder_.path() / "config.json")
      << R"({"vision_config": {"num_attention_heads": 3}, "text_config": {"num_attention_heads": 2}})";
  add_small("mine");
  const auto judged = tune({"mine", "--json", "--dry-run", "--clip", file}).json();
  EXPECT_NE(judged["cfgs"][0]["clip_score"], 0);
  EXPECT_NE(judged["cfgs"][0]["clip_score"], judged["cfgs"][3]["clip_score"]);
  EXPECT_EQ(tune({"mine", "--json", "--dry-run"}).json()["cfgs"][0]["clip_score"], 0);
  EXPECT_THAT(tune({"mine", "--dry-run", "--clip", starter_file()}).err, HasSubstr("is no CLIP model"));
}

TEST_F(Tune, KilledAnywhereItGoesOnAndEndsTheSameAsOneThatWasNot) {
  add_small("mine");
  add_small("other");  // the same weights under another name
  const auto whole = tune({"other", "--json", "--dry-run"}).json();
  EXPECT_FALSE(whole["saved"]);
  int kills = 0;
  for (const auto after : {250ms, 500ms, 750ms}) {
    kills += tune({"mine", "--json"}, {.killed_after = after}).status != 0;
  }
  ASSERT_GT(kills, 0);
  const auto resumed = tune({"mine", "--json"}).json();
  for (const char* finding : {"levels", "cfgs", "methods", "pictures"}) EXPECT_EQ(resumed[finding], whole[finding]);
  EXPECT_EQ(tune({"mine", "--json"}).json()["drawn_now"], 0);
}

TEST_F(Tune, WhatIsTunedFollowsARenameAndIsNotUsedForAnotherFile) {
  add_small("mine");
  ASSERT_EQ(tune({"mine"}).status, 0);
  ASSERT_EQ(run({"rename", "mine", "yours"}).status, 0);
  EXPECT_THAT(recommended_by("yours"), HasSubstr("you, else tuned here"));
  fs::copy_file(starter_file().parent_path() / "starter-pixel.safetensors", folder_.path() / "mine.safetensors",
                fs::copy_options::overwrite_existing);
  EXPECT_THAT(recommended_by("yours"), Not(HasSubstr("tuned here")));
  EXPECT_THAT(run({"generate", "a", "-m", "yours", "--explain"}).err, HasSubstr("has changed since; tune it again"));
  ASSERT_EQ(run({"rm", "yours"}).status, 0);
  EXPECT_TRUE(fs::is_empty(home() / "tuning"));
}

TEST_F(Tune, SaysWhatItCannotDo) {
  EXPECT_THAT(tune({starter_file()}).err,
              HasSubstr("import it first (pixelforge import FILE --link), or try --dry-run"));
  const fs::path lightning = folder_.path() / "x_lightning_4step.safetensors";
  WeightsFile distilled(starter_file());
  distilled.drop_metadata("pixelforge.recommended");
  distilled.write(lightning);
  EXPECT_THAT(tune({lightning, "--dry-run"}).err, HasSubstr("was distilled to few steps (4 at CFG 1, by its name"));
  EXPECT_THAT(run({"tune", "starter", "--minutes", "0"}).err, HasSubstr("minutes: got 0, need above 0"));
  EXPECT_THAT(run({"tune", "starter", "--minutes", "0.0001"}).err, HasSubstr("the shortest search"));
  EXPECT_THAT(run({"tune", "starter", "--effort", "huge"}).err, HasSubstr("effort: got \"huge\""));
  WeightsFile broken(starter_file());
  broken.fill("model.diffusion_model.out.2.weight", '\xff');
  broken.write(folder_.path() / "broken.safetensors");
  EXPECT_THAT(tune({folder_.path() / "broken.safetensors", "--dry-run"}).err, HasSubstr("hold NaN"));
}

}  // namespace
}  // namespace pxf::test
