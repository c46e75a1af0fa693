// Merging, comparing and extracting through the engine: what comes out draws, and says where it comes from.
#include "pixelforge/merge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "files.h"
#include "formats/open.h"
#include "formats/safetensors.h"
#include "golden_files.h"
#include "pixelforge/engine.h"
#include "tensor/widen.h"

namespace pxf {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
namespace fs = std::filesystem;

MATCHER_P(LevelsApart, most, "") {
  return std::abs(static_cast<int>(std::get<0>(arg)) - static_cast<int>(std::get<1>(arg))) <= most;
}

class Merge : public testing::Test {
 protected:
  Merge() { fs::create_directories(folder); }
  ~Merge() override { fs::remove_all(folder); }

  std::string file(const std::string& name) const { return (folder / name).string(); }
  Merged merge(const MergeOptions& options, const std::string& out) {
    return value_or_throw(engine.merge(options, folder / out));
  }
  std::string refusal(const MergeOptions& options, const std::string& out = "out.safetensors") {
    const auto done = engine.merge(options, folder / out);
    return done ? "it passed" : done.error().text();
  }
  std::shared_ptr<const TensorSource> read(const std::string& name) const {
    return value_or_throw(open_tensors(folder / name));
  }
  static std::vector<float> values(const TensorSource& source, const std::string& name) {
    std::vector<float> out(static_cast<std::size_t>(source.find(name)->shape.numel()));
    widen_to_f32(source.bytes(name), source.find(name)->dtype, out);
    return out;
  }
  Image picture(const std::string& checkpoint, const std::vector<LoraUse>& loras = {}) {
    Request request;
    request.prompt = "a red apple on a beach";
    request.seed = 7;
    request.steps = 2;
    request.width = request.height = 64;
    request.loras = loras;
    const auto opened = value_or_throw(engine.open(checkpoint));
    return value_or_throw(engine.generate(opened, request)).front().image;
  }
  /// A file of one tensor of an SD 1.x UNet, beside what such a file is known by.
  void write_unet(const std::string& name, const std::string& tensor, std::int64_t channels, float value) const {
    std::vector<float> input(static_cast<std::size_t>(2 * channels), value), other(4, value);
    const std::vector<TensorView> views{{"model.diffusion_model.input_blocks.0.0.weight", DType::f32,
                                         Shape{2, channels, 1, 1}, std::as_bytes(std::span(input))},
                                        {tensor, DType::f32, Shape{4}, std::as_bytes(std::span(other))}};
    value_or_throw(write_safetensors(folder / name, views));
  }

  fs::path folder = fs::path(testing::TempDir()) /
                    fmt::format("pxf_merge_{}", testing::UnitTest::GetInstance()->current_test_info()->name());
  Engine engine;
};

const std::string kWeight = "model.diffusion_model.input_blocks.4.1.transformer_blocks.0.attn1.to_q.weight";
const std::string kText = "cond_stage_model.transformer.text_model.encoder.layers.0.mlp.fc1.weight";
const std::string kVae = "first_stage_model.decoder.conv_in.weight";

TEST_F(Merge, TheMeanIsThatOfTheValuesWhateverTheFormats) {
  value_or_throw(engine.convert("starter-pixel", folder / "pixel.gguf", {}));
  const Merged done = merge({.models = {{"starter", 3}, {file("pixel.gguf"), 1}}}, "out.safetensors");
  EXPECT_EQ(done.tensors, 780);
  EXPECT_EQ(done.merged, 780);
  EXPECT_THAT(done.from_a, IsEmpty());
  merge({.models = {{"starter", 1}, {"starter", 0}}}, "a.safetensors");
  const auto a = read("a.safetensors"), b = read("pixel.gguf"), out = read("out.safetensors");
  for (const std::string& name : {kWeight, kText, kVae}) {
    const std::vector<float> x = values(*a, name), y = values(*b, name), z = values(*out, name);
    EXPECT_EQ(out->find(name)->dtype, DType::f16);
    for (std::size_t i = 0; i < x.size(); ++i) {
      const float exact = 0.75f * x[i] + 0.25f * y[i];
      ASSERT_NEAR(z[i], exact, std::abs(exact) / 2048 + 3e-8) << name << ' ' << i;
    }
  }
}

TEST_F(Merge, ModelsOfOtherThreadsAndOrdersAreTheSameBytes) {
  const MergeOptions options{
      .models = {{"starter"}, {"starter-pixel"}}, .method = MergeMethod::dare, .base = "starter", .density = 0.3};
  merge(options, "a.safetensors");
  EngineOptions one_thread;
  one_thread.threads = 1;
  Engine other(one_thread);
  value_or_throw(other.merge(options, folder / "a2.safetensors"));
  const auto a = read("a.safetensors"), b = read("a2.safetensors");
  for (const TensorInfo& tensor : a->tensors()) {
    ASSERT_TRUE(std::ranges::equal(a->bytes(tensor.name), b->bytes(tensor.name))) << tensor.name;
  }
}

TEST_F(Merge, BlocksAndPartsHaveTheirOwnShares) {
  merge({.models = {{"starter", 1}, {"starter-pixel", 0}}, .blocks = "IN04=1"}, "blocks.safetensors");
  const DiffReport blocks = value_or_throw(engine.diff("starter", file("blocks.safetensors")));
  for (const DiffRow& block : blocks.blocks) EXPECT_EQ(block.changed > 0, block.name == "IN04") << block.name;
  const DiffReport rest = value_or_throw(engine.diff("starter-pixel", file("blocks.safetensors")));
  for (const DiffRow& block : rest.blocks) {
    if (block.name == "IN04") {
      EXPECT_EQ(block.changed, 0);
    }
  }
  merge({.models = {{"starter"}, {"starter-pixel"}}, .only = "text"}, "text.safetensors");
  for (const DiffRow& part : value_or_throw(engine.diff("starter", file("text.safetensors"))).parts) {
    EXPECT_EQ(part.changed > 0, part.part == "text") << part.part;
  }
}

TEST_F(Merge, ABakedLoraDrawsWhatTheLoraDraws) {
  const Merged done =
      merge({.models = {{"starter"}}, .loras = {{.name = "neon", .strength = 0.8}}, .type = "f32"}, "neon.safetensors");
  ASSERT_EQ(done.loras.size(), 1u);
  EXPECT_EQ(done.loras[0].applied, done.loras[0].total);
  // The text encoder acts with the LoRA's terms one by one, which rounds otherwise than their sum.
  EXPECT_THAT(picture(file("neon.safetensors")).pixels,
              testing::Pointwise(LevelsApart(1), picture("starter", {{.name = "neon", .strength = 0.8}}).pixels));
}

TEST_F(Merge, ABakedVaeIsTheOtherFilesByteByByte) {
  merge({.models = {{"starter"}}, .vae = "starter-pixel"}, "out.safetensors");
  value_or_throw(engine.convert("starter-pixel", folder / "pixel.safetensors", {}));
  const auto out = read("out.safetensors"), pixel = read("pixel.safetensors");
  EXPECT_TRUE(std::ranges::equal(out->bytes(kVae), pixel->bytes(kVae)));
  for (const DiffRow& part : value_or_throw(engine.diff("starter", file("out.safetensors"))).parts) {
    EXPECT_EQ(part.changed > 0, part.part == "vae") << part.part;
  }
}

TEST_F(Merge, TheFileSaysWhatItWasMadeOf) {
  const Merged done = merge({.models = {{"starter", 0.6}, {"starter-pixel", 0.4}}}, "both.safetensors");
  const ModelInfo info = value_or_throw(engine.inspect(file("both.safetensors")));
  EXPECT_EQ(info.model_title, "both");
  EXPECT_EQ(info.license, "CC0-1.0");
  EXPECT_EQ(done.licence.commercial, CommercialUse::yes);
  EXPECT_EQ(info.metadata.at("modelspec.merged_from"), "starter, starter-pixel");
  EXPECT_EQ(info.recommended->from, "the file");  // A's
  const auto recipe = nlohmann::json::parse(info.metadata.at("sd_merge_recipe"));
  EXPECT_EQ(recipe["interp_method"], "Weighted sum");
  EXPECT_NEAR(recipe["multiplier"].get<double>(), 0.4, 1e-12);
  const std::string hash = recipe["primary_model_hash"];
  EXPECT_EQ(nlohmann::json::parse(info.metadata.at("sd_merge_models"))[hash]["name"], "starter");
}

TEST_F(Merge, AnInpaintingModelKeepsItsOwnChannels) {
  const std::string tensor = "model.diffusion_model.out.0.weight";
  write_unet("inpaint.safetensors", tensor, 9, 1);
  write_unet("base.safetensors", tensor, 4, 2);
  write_unet("custom.safetensors", tensor, 4, 5);
  merge({.models = {{file("inpaint.safetensors")}, {file("custom.safetensors")}},
         .method = MergeMethod::add_difference,
         .base = file("base.safetensors")},
        "out.safetensors");
  const auto out = read("out.safetensors");
  EXPECT_THAT(values(*out, tensor), testing::Each(4.0f));
  EXPECT_THAT(values(*out, "model.diffusion_model.input_blocks.0.0.weight"),
              testing::ElementsAre(4, 4, 4, 4, 1, 1, 1, 1, 1, 4, 4, 4, 4, 1, 1, 1, 1, 1));
}

TEST_F(Merge, WhatAnotherModelLacksIsTakenFromAAndSaid) {
  write_unet("a.safetensors", "model.diffusion_model.out.0.weight", 4, 1);
  write_unet("b.safetensors", "model.diffusion_model.out.0.bias", 4, 3);
  const Merged done = merge({.models = {{file("a.safetensors")}, {file("b.safetensors")}}}, "out.safetensors");
  EXPECT_THAT(done.from_a, testing::ElementsAre("model.diffusion_model.out.0.weight"));
  EXPECT_EQ(done.left_out, 1);
  EXPECT_EQ(done.merged, 1);
  EXPECT_THAT(values(*read("out.safetensors"), "model.diffusion_model.out.0.weight"), testing::Each(1.0f));
}

TEST_F(Merge, WhatDoesNotGoTogetherIsRefused) {
  write_unet("a.safetensors", "model.diffusion_model.out.0.weight", 4, 1);
  write_unet("eight.safetensors", "model.diffusion_model.out.0.weight", 8, 1);
  EXPECT_THAT(refusal({.models = {{file("a.safetensors")}, {file("eight.safetensors")}}}),
              AllOf(HasSubstr("eight.safetensors: is a checkpoint of SD 1.x pix2pix"),
                    HasSubstr("a.safetensors is a checkpoint of SD 1.x;")));
  EXPECT_THAT(refusal({.models = {{"starter"}, {file("a.safetensors")}}}),
              AllOf(HasSubstr("has shape (2, 4, 1, 1)"), HasSubstr("need models of one architecture")));
  EXPECT_THAT(refusal({.models = {{"neon"}, {"sketch"}}}), HasSubstr("is a LoRA, need checkpoints"));
  EXPECT_THAT(refusal({.models = {{"starter"}}}), HasSubstr("got one, need two or more"));
  EXPECT_THAT(refusal({.models = {{"starter", 1}, {"starter", -1}}}), HasSubstr("got a sum of 0"));
  EXPECT_THAT(refusal({.models = {{"starter"}, {"starter"}}, .method = MergeMethod::ties}), HasSubstr("--base NAME"));
  EXPECT_THAT(refusal({.models = {{"starter"}, {"starter"}}, .blocks = "IN44=1"}), HasSubstr("got \"IN44\""));
  EXPECT_THAT(refusal({.models = {{"starter"}, {"starter"}}, .only = "clip"}),
              HasSubstr("got \"clip\"; need one of unet, text, vae"));
  EXPECT_THAT(refusal({.models = {{"starter"}}, .loras = {{.name = "neon", .start = 0.5}}}),
              HasSubstr("a part of the steps"));
  EXPECT_THAT(refusal({.models = {{"starter"}, {file("a.safetensors")}}}, "a.safetensors"),
              HasSubstr("is one of the models to merge"));
  EXPECT_THAT(refusal({.models = {{file("a.safetensors"), 1}, {file("a.safetensors"), 1}}, .vae = "neon"}),
              HasSubstr("is a LoRA, need a VAE"));
  EXPECT_FALSE(fs::exists(folder / "out.safetensors"));
}

TEST_F(Merge, WhatTheTypeCannotSayIsRefused) {
  write_unet("a.safetensors", "model.diffusion_model.out.0.weight", 4, 1);
  write_unet("b.safetensors", "model.diffusion_model.out.0.weight", 4, 1e6f);
  const MergeOptions options{.models = {{file("a.safetensors")}, {file("b.safetensors")}}, .type = "f16"};
  EXPECT_THAT(refusal(options), HasSubstr("more than f16 can say"));
  EXPECT_FALSE(fs::exists(folder / "out.safetensors"));
}

TEST_F(Merge, DiffFindsWhereAndHowFar) {
  const DiffReport same = value_or_throw(engine.diff("starter", "starter"));
  EXPECT_EQ(same.whole.changed, 0);
  EXPECT_EQ(same.whole.tensors, 780);
  EXPECT_EQ(same.whole.relative, 0);
  write_unet("a.safetensors", "model.diffusion_model.out.0.weight", 4, 1);
  write_unet("b.safetensors", "model.diffusion_model.out.0.weight", 4, -2);
  const DiffReport report = value_or_throw(engine.diff(file("a.safetensors"), file("b.safetensors")));
  EXPECT_EQ(report.whole.changed, 2);
  EXPECT_DOUBLE_EQ(report.whole.relative, 3);
  EXPECT_DOUBLE_EQ(report.whole.cosine, -1);
  EXPECT_EQ(report.whole.largest, 3);
  ASSERT_EQ(report.blocks.size(), 2u);
  EXPECT_EQ(report.blocks[0].name, "IN00");
  EXPECT_EQ(report.blocks[1].name, "out");
  const Image chart = draw_chart(report);
  EXPECT_EQ(chart.pixels.size(), chart.byte_count());
  EXPECT_GT(chart.height, 100);
}

TEST_F(Merge, LorasAreComparedByWhatTheyChange) {
  // One change, as factors and as these with another scale: up * 2, down / 2.
  for (const float scale : {1.0f, 2.0f}) {
    const std::vector<float> up{scale, 2 * scale}, down{3 / scale, 4 / scale, 5 / scale};
    const std::vector<TensorView> views{
        {"lora_unet_mid.lora_down.weight", DType::f32, Shape{1, 3}, std::as_bytes(std::span(down))},
        {"lora_unet_mid.lora_up.weight", DType::f32, Shape{2, 1}, std::as_bytes(std::span(up))}};
    value_or_throw(write_safetensors(folder / fmt::format("{}.safetensors", scale), views));
  }
  const DiffReport report = value_or_throw(engine.diff(file("1.safetensors"), file("2.safetensors")));
  EXPECT_TRUE(report.lora_changes);
  EXPECT_EQ(report.whole.tensors, 1);
  EXPECT_EQ(report.whole.parameters, 6);
  EXPECT_EQ(report.whole.relative, 0);
}

TEST_F(Merge, AnExtractedLoraTurnsOneCheckpointIntoTheOther) {
  merge({.models = {{"starter"}}, .loras = {{.name = "neon"}}, .type = "f32"}, "neon.safetensors");
  const Extracted done = value_or_throw(
      engine.extract("starter", file("neon.safetensors"), folder / "lora.safetensors", {.rank = 64, .type = "f32"}));
  EXPECT_GT(done.modules, 100);
  EXPECT_GT(done.kept, 0.99999);
  EXPECT_THAT(done.left_out, IsEmpty());
  const ModelInfo info = value_or_throw(engine.inspect(file("lora.safetensors")));
  EXPECT_EQ(info.kind, "LoRA");
  EXPECT_EQ(info.license, "CC0-1.0");
  merge({.models = {{"starter"}}, .loras = {{.name = file("lora.safetensors")}}, .type = "f32"}, "back.safetensors");
  const double moved = value_or_throw(engine.diff("starter", file("neon.safetensors"))).whole.relative;
  EXPECT_LT(value_or_throw(engine.diff(file("neon.safetensors"), file("back.safetensors"))).whole.relative,
            1e-3 * moved);
}

// starter and starter-pixel differ everywhere, in full rank: what is left is what the singular values say.
TEST_F(Merge, AnExtractedLoraMissesWhatItsRankMisses) {
  const Extracted done = value_or_throw(engine.extract("starter", "starter-pixel", folder / "lora.safetensors",
                                                       {.rank = 8, .full = true, .type = "f32"}));
  EXPECT_LT(done.kept, 0.99);
  merge({.models = {{"starter"}}, .loras = {{.name = file("lora.safetensors")}}, .type = "f32"}, "back.safetensors");
  value_or_throw(engine.convert("starter", folder / "a.safetensors", {}));
  value_or_throw(engine.convert("starter-pixel", folder / "b.safetensors", {}));
  const auto a = read("a.safetensors"), b = read("b.safetensors"), back = read("back.safetensors");
  double before = 0, after = 0;  // squares, of the matrices and kernels that a LoRA changes
  for (const TensorInfo& tensor : a->tensors()) {
    const std::string& name = tensor.name;
    if (name.starts_with("first_stage_model.") || name.find("embeddings.") != name.npos || tensor.shape.rank() < 2)
      continue;
    const std::vector<float> x = values(*a, name), y = values(*b, name), z = values(*back, name);
    for (std::size_t i = 0; i < x.size(); ++i) {
      before += std::pow(double{y[i]} - double{x[i]}, 2);
      after += std::pow(double{y[i]} - double{z[i]}, 2);
    }
  }
  EXPECT_NEAR(after / before, 1 - done.kept, 1e-3 * (1 - done.kept));
  const DiffReport left = value_or_throw(engine.diff(file("back.safetensors"), "starter-pixel"));
  for (const DiffRow& tensor : left.tensors) {
    if (tensor.name.ends_with(".bias") && tensor.part == "unet") {
      EXPECT_LT(tensor.relative, 1e-6) << tensor.name;
    }
  }
}

}  // namespace
}  // namespace pxf
