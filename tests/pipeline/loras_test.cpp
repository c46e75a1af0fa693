// LoRAs on a checkpoint, as a user of the library notices them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <thread>

#include "base/error.h"
#include "formats/safetensors.h"
#include "pixelforge/engine.h"

namespace pxf {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using Pixels = std::vector<std::uint8_t>;

fs::path lora_path(const char* name) {
  return fs::path(PIXELFORGE_SOURCE_DIR) / fmt::format("assets/starter/lora/{}.safetensors", name);
}

Request with_loras(std::vector<LoraUse> loras) {
  Request request;
  request.prompt = "a red apple on a beach";
  request.width = request.height = 64;
  request.steps = 2;
  request.seed = 42;
  request.loras = std::move(loras);
  return request;
}

Pixels draw(Engine& engine, const Checkpoint& checkpoint, std::vector<LoraUse> loras) {
  return value_or_throw(engine.generate(checkpoint, with_loras(std::move(loras)))).at(0).image.pixels;
}

Error error_of(std::vector<LoraUse> loras) {
  Engine engine;
  auto pictures = engine.generate(value_or_throw(engine.open("starter")), with_loras(std::move(loras)));
  return pictures.ok() ? Error{ErrorCode::internal, "no error", {}} : pictures.error();
}

// A LoRA of these tensors, each of ones; a rank of `rank`.
struct Module {
  std::string target;
  std::int64_t out, in;
};
std::string lora_of(const std::string& file_name, const std::vector<Module>& modules, std::int64_t rank = 1) {
  std::vector<std::string> names;
  std::vector<Shape> shapes;
  for (const Module& m : modules) {
    names.insert(names.end(), {m.target + ".lora_up.weight", m.target + ".lora_down.weight"});
    shapes.insert(shapes.end(), {{m.out, rank}, {rank, m.in}});
  }
  std::vector<std::vector<float>> values;
  for (const Shape& shape : shapes) values.emplace_back(static_cast<std::size_t>(shape.numel()), 0.01f);
  std::vector<TensorView> views;
  for (std::size_t i = 0; i < names.size(); ++i) {
    views.push_back({names[i], DType::f32, shapes[i], std::as_bytes(std::span(values[i]))});
  }
  const fs::path path = fs::path(testing::TempDir()) / file_name;
  value_or_throw(write_safetensors(path, views));
  return path.string();
}

TEST(Loras, ChangeThePictureAndLeaveTheCheckpointAsItWas) {
  Engine engine;
  const Checkpoint starter = value_or_throw(engine.open("starter"));
  const Pixels plain = draw(engine, starter, {});
  const Pixels neon = draw(engine, starter, {{"neon"}});
  EXPECT_NE(neon, plain);
  EXPECT_EQ(draw(engine, starter, {}), plain);
  EXPECT_EQ(draw(engine, starter, {{"neon"}}), neon);
  EXPECT_NE(draw(engine, starter, {{"neon", 0.5}}), neon);
}

TEST(Loras, AtStrengthZeroTheyGiveTheVeryPictureWithoutThem) {
  Engine engine;
  const Checkpoint starter = value_or_throw(engine.open("starter"));
  EXPECT_EQ(draw(engine, starter, {{"neon", 0}}), draw(engine, starter, {}));
}

TEST(Loras, TheTextEncodersShareIsSetByItself) {
  Engine engine;
  const Checkpoint starter = value_or_throw(engine.open("starter"));
  const Pixels both = draw(engine, starter, {{"neon", 1, 1.0}});
  EXPECT_EQ(draw(engine, starter, {{"neon", 1}}), both);
  EXPECT_NE(draw(engine, starter, {{"neon", 1, 0.0}}), both);
}

TEST(Loras, OneInTheProgramAndTheSameFileDrawTheSame) {
  Engine engine;
  const Checkpoint starter = value_or_throw(engine.open("starter"));
  EXPECT_EQ(draw(engine, starter, {{lora_path("sketch").string()}}), draw(engine, starter, {{"sketch"}}));
}

TEST(Loras, LeaveTheVaeThatWasPutInPlace) {
  Engine engine;
  const auto pixel = fs::path(PIXELFORGE_SOURCE_DIR) / "assets/starter/starter-pixel.safetensors";
  const Checkpoint own = value_or_throw(engine.open("starter"));
  const Checkpoint other = value_or_throw(engine.open("starter", pixel.string()));
  const Pixels want = draw(engine, other, {});
  EXPECT_EQ(draw(engine, other, {{"neon", 0}}), want);
  EXPECT_EQ(want != draw(engine, own, {}), draw(engine, other, {{"neon"}}) != draw(engine, own, {{"neon"}}));
}

TEST(Loras, OneTwoAndFiveThreadsGiveTheSameBytes) {
  Pixels want;
  for (const int threads : {1, 2, 5}) {
    EngineOptions options;
    options.threads = threads;
    Engine engine(options);
    const Pixels got = draw(engine, value_or_throw(engine.open("starter")), {{"neon"}, {"sketch", 0.3}});
    if (want.empty()) want = got;
    EXPECT_EQ(got, want) << threads << " threads";
  }
}

TEST(Loras, RequestsWithOtherLorasMayRunAtTheSameTime) {
  Engine engine;
  const Checkpoint starter = value_or_throw(engine.open("starter"));
  const std::vector<std::vector<LoraUse>> requests = {{}, {{"neon"}}, {{"sketch"}}, {{"neon"}, {"sketch"}}};
  std::vector<Pixels> want, got(requests.size());
  for (const auto& loras : requests) want.push_back(draw(engine, starter, loras));
  {
    std::vector<std::jthread> callers;
    for (std::size_t i = 0; i < requests.size(); ++i) {
      callers.emplace_back([&, i] { got[i] = draw(engine, starter, requests[i]); });
    }
  }
  EXPECT_EQ(got, want);
}

TEST(Loras, ForgettingWhatIsUsedChangesNoPicture) {
  Engine engine;
  const Pixels want = draw(engine, value_or_throw(engine.open("starter")), {{"neon"}});
  EngineOptions options;
  options.one_request = true;
  Engine forgetful(options);
  const Checkpoint starter = value_or_throw(forgetful.open("starter"));
  EXPECT_EQ(draw(forgetful, starter, {{"neon"}}), want);
  EXPECT_EQ(draw(forgetful, starter, {{"neon"}}), want);
}

TEST(Loras, ThePlanSaysWhatApplies) {
  Engine engine;
  const auto plan =
      value_or_throw(engine.plan(value_or_throw(engine.open("starter")), with_loras({{"neon", 0.8, 0.5}})));
  ASSERT_EQ(plan.loras.size(), 1u);
  EXPECT_EQ(plan.loras[0].name, "neon");
  EXPECT_EQ(plan.loras[0].applied, 230);
  EXPECT_EQ(plan.loras[0].total, 230);
  EXPECT_TRUE(plan.loras[0].unknown.empty());
  EXPECT_EQ(plan.loras[0].hash.size(), 12u);
}

TEST(Loras, ThePicturesParametersAskForThemAsA1111Does) {
  Engine engine;
  const auto pictures = value_or_throw(
      engine.generate(value_or_throw(engine.open("starter")), with_loras({{"neon"}, {"sketch", 0.5, 0.25}})));
  EXPECT_THAT(pictures[0].parameters,
              testing::StartsWith("a red apple on a beach <lora:neon:1> <lora:sketch:0.25:0.5>\nSteps: 2"));
  EXPECT_THAT(pictures[0].parameters,
              testing::ContainsRegex("Lora hashes: \"neon: [0-9a-f]{12}, sketch: [0-9a-f]{12}\""));
}

TEST(Loras, InThePromptTheyActAsThoseOfTheRequest) {
  Engine engine;
  const Checkpoint starter = value_or_throw(engine.open("starter"));
  Request request = with_loras({});
  request.prompt += " <lora:neon:0.5:0.8>";
  const Picture picture = value_or_throw(engine.generate(starter, request)).at(0);
  EXPECT_EQ(picture.image.pixels, draw(engine, starter, {{"neon", 0.8, 0.5}}));
  EXPECT_THAT(picture.parameters, testing::StartsWith("a red apple on a beach <lora:neon:0.5:0.8>\n"));
}

TEST(Loras, ActInTheStepsAndBlocksThatAreAskedFor) {
  Engine engine;
  const Checkpoint starter = value_or_throw(engine.open("starter"));
  const auto neon = [](double start, double stop, std::string blocks = {}) {
    return LoraUse{.name = "neon", .text_strength = 0, .start = start, .stop = stop, .blocks = std::move(blocks)};
  };
  const Pixels none = draw(engine, starter, {}), whole = draw(engine, starter, {neon(0, 1)});
  const Pixels first = draw(engine, starter, {neon(0, 0.5)}), second = draw(engine, starter, {neon(0.5, 1)});
  EXPECT_EQ(draw(engine, starter, {neon(0.9, 1)}), none);  // of two steps, none begins so late
  EXPECT_EQ(draw(engine, starter, {neon(0, 0.9)}), whole);
  EXPECT_EQ(draw(engine, starter, {neon(0, 0.5), neon(0.5, 1)}), whole);
  for (const Pixels& half : {first, second}) EXPECT_TRUE(half != none && half != whole);
  EXPECT_NE(first, second);

  EXPECT_EQ(draw(engine, starter, {neon(0, 1, "ALL")}), whole);
  EXPECT_EQ(draw(engine, starter, {neon(0, 1, "NONE")}), none);
  const Pixels inner = draw(engine, starter, {neon(0, 1, "MIDD")});
  EXPECT_TRUE(inner != none && inner != whole);
}

TEST(Loras, TagsSayStepsAndBlocksToo) {
  Engine engine;
  const Checkpoint starter = value_or_throw(engine.open("starter"));
  Request request = with_loras({});
  request.prompt += "<lora:neon:0.8:start=0.5:lbw=OUTALL>";
  const Picture picture = value_or_throw(engine.generate(starter, request)).at(0);
  const LoraUse same{.name = "neon", .strength = 0.8, .start = 0.5, .blocks = "OUTALL"};
  EXPECT_EQ(picture.image.pixels, draw(engine, starter, {same}));
  request = with_loras({same});
  EXPECT_THAT(value_or_throw(engine.generate(starter, request)).at(0).parameters,
              testing::StartsWith("a red apple on a beach <lora:neon:0.8:start=0.5:lbw=OUTALL>\n"));
}

TEST(BadLora, StepsAndBlocksThatCannotBe) {
  EXPECT_THAT(error_of({{.name = "neon", .start = 0.5, .stop = 0.5}}).text(),
              HasSubstr("steps of LoRA \"neon\": got 0.5 to 0.5, need two shares"));
  EXPECT_THAT(error_of({{.name = "neon", .start = std::nan("")}}).text(), HasSubstr("got nan to 1"));
  EXPECT_THAT(error_of({{.name = "neon", .blocks = "1,2"}}).text(),
              HasSubstr("block weights of a LoRA: got \"1,2\", need 12, 17, 20 or 26 numbers"));
  Engine engine;
  Request request = with_loras({});
  request.prompt += "<lora:neon:1:step=3-5>";
  EXPECT_THAT(engine.generate(value_or_throw(engine.open("starter")), request).error().text(),
              HasSubstr("<lora:neon:…>: got \"step=3-5\", need one of te=, unet=, start=, stop="));
}

TEST(BadLora, OfAnotherFamilyIsRefusedWithBothNames) {
  const std::string file = lora_of("other.safetensors", {{"lora_unet_double_blocks_0_img_attn_proj", 64, 64}});
  const Error error = error_of({{file}});
  EXPECT_EQ(error.code, ErrorCode::unsupported);
  EXPECT_THAT(
      error.text(),
      HasSubstr(
          "other.safetensors: is a LoRA for FLUX.1, the checkpoint starter is SD 1.x: none "
          "of its 1 tensors apply, such as \"lora_unet_double_blocks_0_img_attn_proj\"; use a LoRA made for SD 1.x"));
  const std::string wide = lora_of(
      "wide.safetensors", {{"lora_unet_down_blocks_1_attentions_0_transformer_blocks_0_attn2_to_k", 640, 2048}});
  EXPECT_THAT(error_of({{wide}}).text(), HasSubstr("is a LoRA for SDXL, the checkpoint starter is SD 1.x: 1 of wrong"));
}

TEST(BadLora, OfAnotherWidthIsRefusedWithTheShapes) {
  const std::string file = lora_of(
      "width.safetensors", {{"lora_unet_down_blocks_1_attentions_0_transformer_blocks_0_attn2_to_k", 320, 768}});
  const Error error = error_of({{file}});
  EXPECT_EQ(error.code, ErrorCode::bad_file);
  EXPECT_THAT(error.text(), HasSubstr("lora_down: got (1, 768), need (1, 128)"));
}

TEST(BadLora, WhatIsNoneIsCalledWhatItIs) {
  const auto starter = fs::path(PIXELFORGE_SOURCE_DIR) / "assets/starter/starter.safetensors";
  const Error error = error_of({{starter.string()}});
  EXPECT_EQ(error.code, ErrorCode::unsupported);
  EXPECT_THAT(error.text(), HasSubstr("is a checkpoint of SD 1.x, need a LoRA; give a checkpoint with --checkpoint"));
  const Error missing = error_of({{"nion"}});
  EXPECT_EQ(missing.code, ErrorCode::not_found);
  EXPECT_THAT(missing.text(), HasSubstr("the LoRAs in this program are neon, sketch"));
  EXPECT_EQ(error_of({{""}}).code, ErrorCode::not_found);
  EXPECT_FALSE(error_of({{testing::TempDir()}}).message.empty());
}

TEST(BadLora, StrengthsThatCannotBeAreRefused) {
  EXPECT_THAT(error_of({{"neon", std::nan("")}}).text(), HasSubstr("strength of LoRA \"neon\": got nan, need -100 to"));
  EXPECT_THAT(error_of({{"neon", 1, 1e9}}).text(), HasSubstr("got 1000000000"));
}

TEST(BadLora, ACutOffFileIsRefused) {
  const fs::path path = fs::path(testing::TempDir()) / "cut.safetensors";
  fs::copy_file(lora_path("neon"), path, fs::copy_options::overwrite_existing);
  fs::resize_file(path, fs::file_size(path) / 2);
  const Error error = error_of({{path.string()}});
  EXPECT_EQ(error.code, ErrorCode::bad_file);
  EXPECT_THAT(error.text(), HasSubstr("cut.safetensors"));
}

TEST(Inspect, TellsALorasKindFamilyRanksAndWords) {
  Engine engine;
  const ModelInfo info = value_or_throw(engine.inspect(lora_path("sketch").string()));
  EXPECT_EQ(info.kind, "LoRA");
  EXPECT_EQ(info.family, "sd1");
  ASSERT_TRUE(info.lora);
  EXPECT_EQ(info.lora->kinds, std::vector<std::string>{"LoRA"});
  EXPECT_EQ(info.lora->modules, 230);
  EXPECT_EQ(info.lora->text_modules, 12);
  EXPECT_EQ(info.lora->ranks, std::vector<std::int64_t>{16});
  EXPECT_EQ(info.lora->triggers, std::vector<std::string>{"pencil sketch"});
  EXPECT_EQ(value_or_throw(engine.inspect("neon")).name, "neon");
}

}  // namespace
}  // namespace pxf
