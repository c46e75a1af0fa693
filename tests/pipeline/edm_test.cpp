// Checkpoints that predict as Karras et al. 2022 have it, such as Playground 2.5.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "formats/temporary_folder.h"
#include "golden_files.h"
#include "models/family.h"
#include "ops/elementwise.h"
#include "pipeline/guided_network.h"
#include "pixelforge/engine.h"
#include "whole_checkpoint.h"

namespace pxf::test {
namespace {

constexpr double kSigmaData = 0.5;

class Edm : public testing::Test {
 protected:
  Edm() {
    WeightsFile sdxl = whole_checkpoint("sdxl");
    sdxl.add("edm_mean", {1, 4, 1, 1}, {-1, 0, 0.5, 2});
    sdxl.add("edm_std", {1, 4, 1, 1}, {8, 4, 2, 1});
    sdxl.write(file());
  }
  std::filesystem::path file() const { return folder_ / "playground.safetensors"; }
  Model model() const { return value_or_throw(open_model(Catalog(value_or_throw(open_safetensors(file()))))).model; }

  TemporaryFolder folder_;
  Computer on{"reference"};
};

TEST_F(Edm, TheCleanLatentIsThatOfThePaper) {
  const Model playground = model();
  const Network& network = *playground.network;
  const Tensor x = on.ctx.full({1, 8, 8, 4}, 0.7);
  const Conditioning cond{on.ctx.full({1, 77, network.context_width()}, 0.1),
                          on.ctx.full({1, network.vector_width()}, 0.2)};
  Prompts prompts;
  prompts.positive.push_back({1, {{1000, cond}}});
  prompts.negative = {1, {{1000, cond}}};
  Plan plan;
  plan.steps = 10;
  plan.cfg_scale = 1;
  for (const double sigma : {80.0, 3.0, 0.01}) {
    GuidedNetwork guided(playground, prompts, plan, 1, 1, {});
    guided.at_step(1, 0);
    // Table 1: D(x) = c_skip x + c_out F(c_in x, c_noise).
    const double total = sigma * sigma + kSigmaData * kSigmaData;
    const double skip = kSigmaData * kSigmaData / total, out = sigma * kSigmaData / std::sqrt(total);
    const Tensor said = network.predict(x * (1 / std::sqrt(total)), std::vector{std::log(sigma) / 4}, cond);
    const Tensor want = weighted_sum(skip, x * 1.0, out, said), got = guided.denoised(x, sigma);
    EXPECT_LE(worst_difference(got.span<float>(), want.span<float>()), 1e-5) << "sigma " << sigma;
  }
}

TEST_F(Edm, LatentsAreMeasuredByTheFilesNumbersOfEachChannel) {
  const Model playground = model();
  const Tensor mean = on.ctx.full({1, 1, 1, 4}, 3);
  const Tensor latent = latent_from(playground.latent, mean * 1.0);
  EXPECT_THAT(std::vector(latent.f32(), latent.f32() + 4), testing::ElementsAre(0.25f, 0.375f, 0.625f, 0.5f));
  EXPECT_LE(worst_difference(mean_from(playground.latent, latent * 1.0).span<float>(), mean.span<float>()), 1e-6);
}

TEST_F(Edm, ACheckpointTellsItAndIsDrawnAsItsAuthorsDo) {
  Engine engine;
  const auto opened = engine.open(file().string());
  ASSERT_TRUE(opened) << opened.error().text();
  EXPECT_EQ(opened.value().info().prediction, "edm");
  EXPECT_EQ(opened.value().info().recommended->cfg_scale, 3);
  EXPECT_THAT(opened.value().info().unexpected, testing::Not(testing::Contains("edm_mean")));
  for (const char* sampler : {"dpmpp_2m", "euler_a", "ddim"}) {
    Request request{.prompt = "a cat"};
    request.width = request.height = 64;
    request.steps = 3;
    request.sampler = sampler;
    const auto pictures = engine.generate(opened.value(), request);
    EXPECT_TRUE(pictures) << pictures.error().text();
  }
}

TEST_F(Edm, ItsUserMaySayItOfAFileThatDoesNot) {
  const Catalog sdxl(value_or_throw(open_safetensors(golden_folder() / "families/sdxl/checkpoint.safetensors")));
  const auto opened = open_model(sdxl, {.prediction = "edm"});
  ASSERT_TRUE(opened) << opened.error().text();
  EXPECT_EQ(opened.value().model.prediction, Prediction::edm);
  EXPECT_EQ(opened.value().model.latent.channel_deviations[0], 8.4927);
  const Catalog sd1(value_or_throw(open_safetensors(golden_folder() / "families/sd1/checkpoint.safetensors")));
  EXPECT_EQ(open_model(sd1, {.prediction = "edm"}).error().code, ErrorCode::unsupported);
}

TEST_F(Edm, NumbersOfEachChannelThatCannotBeAreRefused) {
  WeightsFile file(golden_folder() / "families/sdxl/checkpoint.safetensors");
  file.add("edm_mean", {4}, {0, 0, 0, 0});
  file.add("edm_std", {4}, {1, 1, 0, 1});
  file.write(folder_ / "bad.safetensors");
  const auto opened = open_model(Catalog(value_or_throw(open_safetensors(folder_ / "bad.safetensors"))));
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::bad_file);
  EXPECT_THAT(opened.error().text(), testing::HasSubstr("edm_std"));
}

}  // namespace
}  // namespace pxf::test
