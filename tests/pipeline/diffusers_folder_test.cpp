// Checkpoints as folders for diffusers, read here again. That diffusers opens them has been tried by hand: no Python
// runs in these tests.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "formats/temporary_folder.h"
#include "golden_files.h"
#include "pixelforge/engine.h"
#include "whole_checkpoint.h"

namespace pxf::test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class DiffusersFolder : public testing::Test {
 protected:
  std::string whole(const std::string& family) const {
    const fs::path file = folder_ / (family + ".safetensors");
    whole_checkpoint(family).write(file);
    return file.string();
  }
  fs::path out() const { return folder_ / "out"; }
  Result<Converted> write(const std::string& from, ConvertOptions options = {}) {
    options.format = "diffusers";
    return engine_.convert(from, out(), options);
  }
  nlohmann::json config(const std::string& file) const {
    nlohmann::json out_json;
    std::ifstream(out() / file) >> out_json;
    return out_json;
  }
  std::vector<std::uint8_t> pixels(const std::string& checkpoint) {
    Request request{.prompt = "a red apple, (shiny:1.2)"};
    request.negative = "dull";
    request.width = request.height = 64;
    request.steps = 2;
    request.seed = 7;
    const auto opened = engine_.open(checkpoint);
    if (!opened) throw Failure(opened.error());
    return value_or_throw(engine_.generate(opened.value(), request)).at(0).image.pixels;
  }

  TemporaryFolder folder_;
  Engine engine_;
};

TEST_F(DiffusersFolder, GivesTheSamePicturesAsTheCheckpoint) {
  for (const char* family : {"sd1", "sd2", "sdxl"}) {
    fs::remove_all(out());
    const std::string file = whole(family);
    const auto done = write(file);
    ASSERT_TRUE(done) << family << ": " << done.error().text();
    EXPECT_EQ(pixels(out().string()), pixels(file)) << family;
  }
}

TEST_F(DiffusersFolder, IsWhatDiffusersAsksFor) {
  ASSERT_TRUE(write("starter", {.type = "f16"}));
  EXPECT_EQ(config("model_index.json")["_class_name"], "StableDiffusionPipeline");
  EXPECT_EQ(config("scheduler/scheduler_config.json")["prediction_type"], "v_prediction");
  const auto unet = config("unet/config.json");
  EXPECT_EQ(unet["block_out_channels"].size(), unet["down_block_types"].size());
  const auto vocabulary = config("tokenizer/vocab.json");
  EXPECT_EQ(vocabulary.size(), 49408);
  EXPECT_EQ(vocabulary["apple</w>"], 3055);
  EXPECT_THAT(content_of(out() / "tokenizer/merges.txt"), HasSubstr("#version: 0.2\ni n\nt h\n"));
  EXPECT_EQ(pixels(out().string()), pixels("starter"));
}

TEST_F(DiffusersFolder, IsThereWholeOrNotAtAll) {
  CancelToken cancel;
  cancel.request();
  ASSERT_FALSE(engine_.convert("starter", out(), {.format = "diffusers"}, {}, &cancel));
  EXPECT_TRUE(fs::is_empty(folder_.path()));
  fs::create_directory(out());
  EXPECT_THAT(write("starter").error().text(), HasSubstr("is there already"));
  fs::remove(out());
  EXPECT_THAT(write("neon").error().text(), HasSubstr("is a LoRA"));
  EXPECT_THAT(write("starter", {.type = "q8_0"}).error().text(), HasSubstr("diffusers reads f32"));
}

TEST_F(DiffusersFolder, KeepsHowAnEdmCheckpointMeasuresLatents) {
  WeightsFile sdxl = whole_checkpoint("sdxl");
  sdxl.add("edm_mean", {4}, {-1, 0, 0.5, 2});
  sdxl.add("edm_std", {4}, {8, 4, 2, 1});
  const std::string file = (folder_ / "playground.safetensors").string();
  sdxl.write(file);
  ASSERT_TRUE(write(file));
  EXPECT_EQ(pixels(out().string()), pixels(file));
}

}  // namespace
}  // namespace pxf::test
