// What a user of the library would notice: the same picture every time, and errors that say what to do.
#include "pixelforge/engine.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <functional>
#include <set>
#include <thread>

#include "base/file.h"
#include "base/half.h"
#include "formats/safetensors.h"
#include "image/png_text.h"
#include "image/resize.h"
#include "pipeline/memory.h"
#include "pixelforge/picture_file.h"
#include "support.h"

namespace pxf {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

Request small_request() {
  Request request;
  request.prompt = "a red apple on a beach";
  request.width = 64;
  request.height = 64;
  request.steps = 3;
  request.seed = 42;
  return request;
}

std::vector<std::uint8_t> pixels_of(const EngineOptions& options, const Request& request) {
  Engine engine(options);
  const auto pictures = engine.generate(value_or_throw(engine.open("starter")), request);
  return value_or_throw(pictures).at(0).image.pixels;
}

// A file made from the starter's tensors by `change`, which may drop a tensor (false), rename it or alter its bytes.
using Change = std::function<bool(std::string& name, std::vector<std::byte>& bytes)>;
fs::path altered_starter(const std::string& file_name, const Change& change) {
  const auto source =
      value_or_throw(open_safetensors(fs::path(PIXELFORGE_SOURCE_DIR) / "assets/starter/starter.safetensors"));
  std::vector<std::string> names;
  std::vector<std::vector<std::byte>> bytes;
  std::vector<const TensorInfo*> infos;
  for (const TensorInfo& info : source->tensors()) {
    std::string name = info.name;
    const Bytes from = source->bytes(info.name);
    std::vector<std::byte> copy(from.begin(), from.end());
    if (!change(name, copy)) continue;
    names.push_back(name);
    bytes.push_back(std::move(copy));
    infos.push_back(&info);
  }
  std::vector<TensorView> views;
  for (std::size_t i = 0; i < names.size(); ++i)
    views.push_back({names[i], infos[i]->dtype, infos[i]->shape, bytes[i]});
  fs::path path = fs::path(testing::TempDir()) / file_name;
  value_or_throw(write_safetensors(path, views, source->metadata()));
  return path;
}

Error error_of_opening(const fs::path& path) {
  Engine engine;
  auto opened = engine.open(path.string());
  return opened.ok() ? Error{} : opened.error();
}

Error error_of(const Request& request, const std::string& checkpoint = "starter") {
  Engine engine;
  auto pictures = engine.generate(value_or_throw(engine.open(checkpoint)), request);
  return pictures.ok() ? Error{ErrorCode::internal, "no error", {}} : pictures.error();
}

TEST(Engine, APlanKnowsTheLongestParametersOfItsPictures) {
  Engine engine;
  const Checkpoint starter = value_or_throw(engine.open("starter"));
  Request request = small_request();
  request.prompt = "a boat {by day|in the light of an early summer's morning}, 猫";
  request.count = 6;
  request.steps = 1;
  const Plan plan = value_or_throw(engine.plan(starter, request));
  std::size_t longest = 0;
  for (const Picture& picture : value_or_throw(engine.generate(starter, request))) {
    longest = std::max(longest, picture.parameters.size());
  }
  EXPECT_GE(plan.longest_parameters.size(), longest);
  EXPECT_LT(plan.longest_parameters.size(), longest + 50) << "hashes, which an embedded checkpoint has none of";
  EXPECT_TRUE(check_encoding(plan, {ImageFormat::jpeg, 90}));
  EXPECT_FALSE(check_encoding(plan, {ImageFormat::jpeg, 101}));
}

TEST(Engine, PicturesTooLargeForAWebpAreToldByTheirPlan) {
  Plan plan;
  plan.width = 16384;
  plan.height = 64;
  EXPECT_FALSE(check_encoding(plan, {ImageFormat::webp, 90}));
  EXPECT_TRUE(check_encoding(plan, {ImageFormat::png, 90}));
}

TEST(Engine, PlansTellOfASamplerAndAScheduleThatDoNotGoTogether) {
  Engine engine;
  Request request = small_request();
  request.sampler = "dpm_fast";
  request.scheduler = "simple";
  EXPECT_THAT(value_or_throw(engine.plan(value_or_throw(engine.open("starter")), request)).notices,
              testing::ElementsAre(HasSubstr("dpm_fast with simple at 3 steps leaves noise")));
}

TEST(Engine, AScheduleThatWasSoughtForOtherModelsIsRefusedByThePlan) {
  Engine engine;
  Request request = small_request();
  request.scheduler = "optimal_steps";
  const auto plan = engine.plan(value_or_throw(engine.open("starter")), request);
  ASSERT_FALSE(plan);
  EXPECT_THAT(plan.error().message, HasSubstr("sought for FLUX"));
}

TEST(Generate, OneTwoAndFiveThreadsGiveTheSameBytes) {
  EngineOptions options;
  options.threads = 1;
  const auto one = pixels_of(options, small_request());
  for (const int threads : {2, 5}) {
    options.threads = threads;
    EXPECT_EQ(pixels_of(options, small_request()), one) << threads << " threads";
  }
}

TEST(Generate, GuidedPicturesAreTheSameForAnyNumberOfThreads) {
  Request request = small_request();
  request.guidance =
      value_or_throw(parse_guidance("pag:2,layers=input+mid; seg:1,blur=1,layers=output; slg:1,start=0; freeu"));
  EngineOptions options;
  options.threads = 1;
  const auto one = pixels_of(options, request);
  EXPECT_NE(pixels_of(options, small_request()), one);
  options.threads = 5;
  EXPECT_EQ(pixels_of(options, request), one);
}

TEST(Generate, PicturesWithShortcutsAreTheSameForAnyNumberOfThreads) {
  Request request = small_request();
  request.steps = 4;
  request.shortcuts = Shortcuts{};
  EngineOptions options;
  options.threads = 1;
  const auto without = pixels_of(options, request);
  request.shortcuts = value_or_throw(parse_shortcuts("deep:2; tome:0.5"));
  const auto one = pixels_of(options, request);
  EXPECT_NE(one, without);
  options.threads = 5;
  EXPECT_EQ(pixels_of(options, request), one);
}

TEST(Generate, ASecondRunGivesTheSameBytesAndAnotherSeedDoesNot) {
  Engine engine;
  const Checkpoint starter = value_or_throw(engine.open("starter"));
  Request request = small_request();
  const auto first = value_or_throw(engine.generate(starter, request)).at(0).image.pixels;
  EXPECT_EQ(value_or_throw(engine.generate(starter, request)).at(0).image.pixels, first);
  request.seed = 43;
  EXPECT_NE(value_or_throw(engine.generate(starter, request)).at(0).image.pixels, first);
}

TEST(Generate, PicturesOfABatchEqualTheSameSeedsMadeOneByOne) {
  Engine engine;
  const Checkpoint starter = value_or_throw(engine.open("starter"));
  Request request = small_request();
  request.sampler = "euler_ancestral";  // draws noise at every step
  request.count = 2;
  const auto both = value_or_throw(engine.generate(starter, request));
  ASSERT_EQ(both.size(), 2u);
  request.count = 1;
  for (const Picture& picture : both) {
    request.seed = picture.seed;
    EXPECT_EQ(value_or_throw(engine.generate(starter, request)).at(0).image.pixels, picture.image.pixels);
  }
}

TEST(Generate, TwoThreadsMayUseOneEngineAtOnce) {
  Engine engine;
  const Checkpoint starter = value_or_throw(engine.open("starter"));
  const auto want = value_or_throw(engine.generate(starter, small_request())).at(0).image.pixels;
  std::vector<std::vector<std::uint8_t>> got(2);
  {
    std::vector<std::jthread> callers;
    for (auto& pixels : got) {
      callers.emplace_back(
          [&] { pixels = value_or_throw(engine.generate(starter, small_request())).at(0).image.pixels; });
    }
  }
  EXPECT_EQ(got[0], want);
  EXPECT_EQ(got[1], want);
}

TEST(Generate, TheReferenceBackendDrawsTheSamePicture) {
  EngineOptions reference;
  reference.backend = "reference";
  Request request = small_request();
  request.steps = 1;
  request.width = request.height = 32;
  const auto want = pixels_of(reference, request), got = pixels_of({}, request);
  ASSERT_EQ(got.size(), want.size());
  for (std::size_t i = 0; i < got.size(); ++i) ASSERT_NEAR(got[i], want[i], 1) << "value " << i;
}

TEST(Generate, EverySamplerAndSchedulerNameOfThePeersDrawsSomething) {
  for (const char* sampler : {"Euler a", "dpmpp_2m", "DPM++ 2M", "EulerDiscreteScheduler", "euler"}) {
    for (const char* scheduler : {"karras", "sgm_uniform", "discrete"}) {
      Request request = small_request();
      request.sampler = sampler;
      request.scheduler = scheduler;
      const auto pixels = pixels_of({}, request);
      const auto [low, high] = std::ranges::minmax(pixels);
      EXPECT_GT(high - low, 60) << sampler << ", " << scheduler << ": a flat picture";
    }
  }
}

TEST(Generate, SamplersOfEveryKindDrawAndRepeatThemselves) {
  // A Brownian path, CFG++, a dropped sigma, fresh noise, its own count of steps.
  for (const char* sampler : {"dpmpp_sde", "dpmpp_3m_sde", "euler_cfg_pp", "dpm_2", "lcm", "uni_pc", "dpm_adaptive"}) {
    SCOPED_TRACE(sampler);
    Request request = small_request();
    request.sampler = sampler;
    request.steps = 6;
    if (std::string_view(sampler).ends_with("cfg_pp")) request.cfg_scale = 1.2;
    const auto pixels = pixels_of({}, request);
    const auto [low, high] = std::ranges::minmax(pixels);
    EXPECT_GT(high - low, 60) << "a flat picture";
    EXPECT_EQ(pixels_of({}, request), pixels);
  }
}

TEST(Generate, CfgScaleOfOneLeavesTheNegativePromptOut) {
  Request request = small_request();
  request.cfg_scale = 1;
  const auto without = pixels_of({}, request);
  request.negative = "blue";
  EXPECT_EQ(pixels_of({}, request), without);
  request.cfg_scale = 4;
  EXPECT_NE(pixels_of({}, request), without);
}

TEST(Generate, APromptOfManyChunksIsRead) {
  Request request = small_request();
  const auto shorter = pixels_of({}, request);
  for (int i = 0; i < 60; ++i) request.prompt += ", a blue castle";
  EXPECT_NE(pixels_of({}, request), shorter);
}

TEST(Generate, SidesThatDoNotHalveEvenlyWork) {
  Request request = small_request();
  request.width = 72;
  request.height = 8;
  Engine engine;
  const Image image = value_or_throw(engine.generate(value_or_throw(engine.open("starter")), request)).at(0).image;
  EXPECT_EQ(image.width, 72);
  EXPECT_EQ(image.height, 8);
}

TEST(Generate, ThePngCarriesItsParametersAndTheModelHash) {
  Engine engine;
  Request request = small_request();
  request.negative = "blurry";
  const auto pictures = value_or_throw(engine.generate(value_or_throw(engine.open("starter")), request));
  const fs::path path = fs::path(testing::TempDir()) / "parameters.png";
  value_or_throw(save_png(pictures.at(0), path));
  const auto file = value_or_throw(MappedFile::open(path));
  const auto entries = value_or_throw(read_png_text(file->bytes()));
  ASSERT_EQ(entries.size(), 1u);
  EXPECT_EQ(entries[0].keyword, "parameters");
  EXPECT_THAT(entries[0].text,
              testing::StartsWith("a red apple on a beach\nNegative prompt: blurry\nSteps: 3, Sampler: "));
  EXPECT_THAT(entries[0].text, HasSubstr("Seed: 42, Size: 64x64, Model hash: "));
  EXPECT_THAT(entries[0].text, HasSubstr("Model: starter, Model license: CC0-1.0, "
                                         "Commercial use: \"yes (starter: in the public domain)\", RNG: CPU"));
}

TEST(Generate, AFileAndTheSameCheckpointEmbeddedDrawTheSame) {
  const fs::path path = fs::path(PIXELFORGE_SOURCE_DIR) / "assets/starter/starter.safetensors";
  Engine engine;
  const auto from_file = value_or_throw(engine.generate(value_or_throw(engine.open(path.string())), small_request()));
  EXPECT_EQ(from_file.at(0).image.pixels, pixels_of({}, small_request()));
  EXPECT_THAT(from_file.at(0).parameters, HasSubstr("Model hash: "));
}

TEST(Cancel, TheCallbackStopsBetweenSteps) {
  Engine engine;
  int calls = 0;
  const auto result = engine.generate(value_or_throw(engine.open("starter")), small_request(), [&](const Progress& p) {
    ++calls;
    return p.stage == Stage::steps && p.step == 1 ? Go::stop : Go::on;
  });
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code, ErrorCode::cancelled);
  EXPECT_EQ(calls, 3);  // text, step 0, step 1
}

TEST(Cancel, ATokenSetFromAnotherThreadStopsWithinAStepAndTheEngineGoesOn) {
  Engine engine;
  const Checkpoint starter = value_or_throw(engine.open("starter"));
  CancelToken cancel;
  Request request = small_request();
  request.steps = 10000;
  std::jthread later([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    cancel.request();
  });
  const auto result = engine.generate(starter, request, {}, &cancel);
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code, ErrorCode::cancelled);
  EXPECT_TRUE(engine.generate(starter, small_request()).ok());
}

TEST(BadRequest, NamesWhatWasGivenAndWhatWouldDo) {
  struct Case {
    std::function<void(Request&)> change;
    const char* message;
  };
  for (const auto& [change, message] : {
           Case{[](Request& r) { r.width = 100; }, "width: got 100, need a multiple of 8; try 104"},
           Case{[](Request& r) { r.height = 0; }, "height: got 0, need 8 to 16384"},
           Case{[](Request& r) { r.width = -8; }, "width: got -8"},
           Case{[](Request& r) { r.steps = 0; }, "steps: got 0, need 1 to 10000"},
           Case{[](Request& r) { r.count = 0; }, "count: got 0"},
           Case{[](Request& r) { r.clip_skip = 3; }, "clip skip: got 3, need 1 to 2"},
           Case{[](Request& r) { r.cfg_scale = std::nan(""); }, "CFG scale: got nan"},
           Case{[](Request& r) { r.cfg_scale = -1; }, "CFG scale: got -1"},
           Case{[](Request& r) { r.prompt = "caf\xe9"; }, "prompt: is not UTF-8 text"},
           Case{[](Request& r) { r.negative.push_back('\0'); }, "negative prompt: holds a zero byte"},
           Case{[](Request& r) { r.sampler = "eulr"; }, "euler"},
           Case{[](Request& r) { r.scheduler = "karas"; }, "karras"},
       }) {
    Request request = small_request();
    change(request);
    const Error error = error_of(request);
    EXPECT_EQ(error.code, ErrorCode::invalid_argument) << message;
    EXPECT_THAT(error.text(), HasSubstr(message));
  }
}

TEST(BadRequest, APictureThatDoesNotFitIsRefusedBeforeMemoryIsTaken) {
  Request request = small_request();
  request.width = request.height = 16384;
  const Error error = error_of(request);
  EXPECT_EQ(error.code, ErrorCode::out_of_memory);
  EXPECT_THAT(error.text(), HasSubstr("16384x16384 needs about"));
}

TEST(BadOptions, AreReportedByEveryCall) {
  for (const auto& [options, message] : {std::pair{EngineOptions{0, "cuda9", ""}, "backend: got \"cuda9\""},
                                         std::pair{EngineOptions{0, "cpu", "AVX99"}, "instruction set: got \"AVX99\""},
                                         std::pair{EngineOptions{5000, "cpu", ""}, "threads: got 5000"}}) {
    Engine engine(options);
    const auto opened = engine.open("starter");
    ASSERT_FALSE(opened.ok());
    EXPECT_EQ(opened.error().code, ErrorCode::invalid_argument);
    EXPECT_THAT(opened.error().text(), HasSubstr(message));
  }
}

TEST(BadCheckpoint, ALoraIsCalledALora) {
  const Error error = error_of_opening(fs::path(PIXELFORGE_SOURCE_DIR) / "assets/starter/lora/neon.safetensors");
  EXPECT_EQ(error.code, ErrorCode::unsupported);
  EXPECT_THAT(error.text(), HasSubstr("neon.safetensors: is a LoRA, need a checkpoint"));
}

TEST(BadCheckpoint, AVaeIsCalledAVae) {
  const fs::path path = altered_starter(
      "only-vae.safetensors", [](std::string& name, auto&) { return name.starts_with("first_stage_model."); });
  const Error error = error_of_opening(path);
  EXPECT_EQ(error.code, ErrorCode::unsupported);
  EXPECT_THAT(error.text(), HasSubstr("is a VAE, need a checkpoint"));
}

TEST(BadCheckpoint, WithoutATextEncoderItOpensButDrawsNothing) {
  const fs::path path = altered_starter(
      "no-text.safetensors", [](std::string& name, auto&) { return !name.starts_with("cond_stage_model."); });
  const Error error = error_of(small_request(), path.string());
  EXPECT_EQ(error.code, ErrorCode::unsupported);
  EXPECT_THAT(error.text(), HasSubstr("has no text encoder"));
}

TEST(BadCheckpoint, MissingTensorsAreNamed) {
  const std::string gone = "model.diffusion_model.middle_block.0.in_layers.2.weight";
  const fs::path path = altered_starter("missing.safetensors", [&](std::string& name, auto&) { return name != gone; });
  const Error error = error_of_opening(path);
  EXPECT_EQ(error.code, ErrorCode::bad_file);
  EXPECT_THAT(error.text(), HasSubstr("1 missing: \"" + gone + "\""));
}

Image starter_picture() {
  Engine engine;
  return value_or_throw(engine.generate(value_or_throw(engine.open("starter")), small_request())).at(0).image;
}

double mean_difference(const Image& a, const Image& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.pixels.size(); ++i) sum += std::abs(a.pixels.at(i) - b.pixels.at(i));
  return sum / static_cast<double>(a.pixels.size());
}

Image half_mask(int width, int height) {
  Image mask{width, height, {}};
  for (int i = 0; i < width * height * 3; ++i) mask.pixels.push_back(i / 3 % width < width / 2 ? 0 : 255);
  return mask;
}

TEST(ImageToImage, StrengthSaysHowMuchIsMadeAnew) {
  Request request = small_request();
  request.prompt = "a blue house at night";
  request.init = starter_picture();
  std::vector<double> changes;
  for (const double strength : {0.1, 0.5, 1.0}) {
    request.strength = strength;
    Engine engine;
    const auto pictures = value_or_throw(engine.generate(value_or_throw(engine.open("starter")), request));
    changes.push_back(mean_difference(pictures.at(0).image, *request.init));
    EXPECT_THAT(pictures.at(0).parameters, HasSubstr(fmt::format("Denoising strength: {}", strength)));
  }
  EXPECT_LT(changes[0], 20);
  EXPECT_LT(changes[0], changes[1]);
  EXPECT_LT(changes[0], changes[2]);
}

TEST(ImageToImage, WhatTheMaskLeavesOutIsKeptByteForByte) {
  Request request = small_request();
  request.prompt = "a blue house at night";
  request.init = starter_picture();
  request.mask = half_mask(request.init->width, request.init->height);
  request.strength = 1;
  request.mask_blur = 0;
  Engine engine;
  const Image made = value_or_throw(engine.generate(value_or_throw(engine.open("starter")), request)).at(0).image;
  int changed = 0;
  for (std::size_t i = 0; i < made.pixels.size(); ++i) {
    const bool kept = request.mask->pixels[i] == 0;
    if (kept) {
      ASSERT_EQ(made.pixels[i], request.init->pixels[i]) << i;
    }
    changed += !kept && made.pixels[i] != request.init->pixels[i];
  }
  EXPECT_GT(changed, static_cast<int>(made.pixels.size() / 4));
}

TEST(ImageToImage, ThePicturesSizeIsTakenOver) {
  Engine engine;
  const Checkpoint starter = value_or_throw(engine.open("starter"));
  const auto sides = [&](int width, int height) {
    Request request;
    request.init = Image{width, height, std::vector<std::uint8_t>(static_cast<std::size_t>(width * height * 3))};
    const Plan plan = value_or_throw(engine.plan(starter, request));
    return std::pair(plan.width, plan.height);
  };
  EXPECT_EQ(sides(131, 99), std::pair(128, 96));
  EXPECT_EQ(sides(1024, 1024), std::pair(128, 128));
  EXPECT_EQ(sides(1024, 256), std::pair(256, 64));
  EXPECT_EQ(sides(1, 1), std::pair(128, 128));
}

TEST(ImageToImage, WhatCannotBeIsRefused) {
  Engine engine;
  const Checkpoint starter = value_or_throw(engine.open("starter"));
  const auto refusal = [&](const Request& request) { return engine.plan(starter, request).error().text(); };
  Request request;
  request.mask = half_mask(8, 8);
  EXPECT_THAT(refusal(request), HasSubstr("mask: got one without a picture"));
  request.init = Image{16, 8, std::vector<std::uint8_t>(16 * 8 * 3)};
  EXPECT_THAT(refusal(request), HasSubstr("mask: got 8x8, need the picture's 16x8"));
  request.mask.reset();
  for (const double strength : {0.0, -1.0, 1.5, std::nan("")}) {
    request.strength = strength;
    EXPECT_THAT(refusal(request), HasSubstr("need above 0, at most 1"));
  }
  request.init->pixels.pop_back();
  EXPECT_THAT(refusal(request), HasSubstr("bytes of pixels for 16x8"));
}

TEST(Vae, AnotherFilesIsUsedInPlaceOfTheCheckpointsOwn) {
  const fs::path pixel = fs::path(PIXELFORGE_SOURCE_DIR) / "assets/starter/starter-pixel.safetensors";
  const auto drop_vae = [](std::string& name, std::vector<std::byte>&) {
    return !name.starts_with("first_stage_model.");
  };
  const std::string bare = altered_starter("no-vae.safetensors", drop_vae).string();
  Engine engine;
  const auto picture_with = [&](const std::string& checkpoint, const std::string& vae) {
    const Checkpoint opened = value_or_throw(engine.open(checkpoint, vae));
    return value_or_throw(engine.generate(opened, small_request())).at(0);
  };
  const Picture own = picture_with("starter", ""), other = picture_with("starter", pixel.string());
  EXPECT_NE(own.image.pixels, other.image.pixels);
  EXPECT_THAT(other.parameters, testing::ContainsRegex("VAE hash: [0-9a-f]{10}, VAE: starter-pixel.safetensors"));
  EXPECT_EQ(picture_with(bare, "starter").image.pixels, own.image.pixels);
  EXPECT_THAT(error_of(small_request(), bare).text(), HasSubstr("has no VAE"));
  EXPECT_THAT(engine.open("starter", bare).error().text(), HasSubstr("has no VAE (tensors"));
}

TEST(Engine, TellsThatACfgPlusPlusSamplerWantsALowScale) {
  Request request = small_request();
  request.sampler = "euler_cfg_pp";
  request.cfg_scale = 4;
  Engine engine;
  const Checkpoint starter = value_or_throw(engine.open("starter"));
  EXPECT_THAT(value_or_throw(engine.plan(starter, request)).notices,
              testing::ElementsAre(HasSubstr("made for 1 to 2")));
  request.cfg_scale = 2;
  EXPECT_THAT(value_or_throw(engine.plan(starter, request)).notices, testing::IsEmpty());
}

TEST(Hires, ASecondPassMakesTheSamePictureLarger) {
  Request request = small_request();
  request.hires = 2;
  request.hires_strength = 0.3;
  Engine engine;
  const Picture large = value_or_throw(engine.generate(value_or_throw(engine.open("starter")), request)).at(0);
  const Image small = starter_picture();
  ASSERT_EQ(large.image.width, 2 * small.width);
  ASSERT_EQ(large.image.height, 2 * small.height);
  EXPECT_LT(mean_difference(resized(large.image, small.width, small.height), small), 20);
  EXPECT_THAT(large.parameters, HasSubstr("Denoising strength: 0.3"));
  EXPECT_THAT(large.parameters, HasSubstr("Hires upscale: 2, Hires steps: 1"));
  request.hires = 1;
  EXPECT_THAT(error_of(request).text(), HasSubstr("hires: got 1, need above 1"));
  request.hires = 2;
  request.init = small;
  EXPECT_THAT(error_of(request).text(), HasSubstr("hires: got one with a picture"));
}

TEST(Hires, OfTheLatentNeedsNoEncoderAndKeepsThePicture) {
  Request request = small_request();
  request.hires = 2;
  request.hires_strength = 0.3;
  request.hires_steps = 4;
  request.hires_upscaler = HiresUpscaler::latent;
  Engine engine;
  const Checkpoint starter = value_or_throw(engine.open("starter"));
  const Picture latent = value_or_throw(engine.generate(starter, request)).at(0);
  const Image small = starter_picture();
  ASSERT_EQ(latent.image.width, 2 * small.width);
  EXPECT_LT(mean_difference(resized(latent.image, small.width, small.height), small), 30);
  EXPECT_THAT(latent.parameters, HasSubstr("Hires upscaler: Latent"));
  request.hires_upscaler = HiresUpscaler::picture;
  const Picture enlarged = value_or_throw(engine.generate(starter, request)).at(0);
  EXPECT_NE(latent.image.pixels, enlarged.image.pixels);
  EXPECT_THAT(enlarged.parameters, Not(HasSubstr("Hires upscaler")));
}

TEST(PromptLanguage, StepsPartsAndVariantsReachThePicture) {
  Request plain = small_request();
  const auto picture_of = [&](const std::string& prompt, PromptSyntax syntax = PromptSyntax::a1111) {
    Request request = plain;
    request.prompt = prompt;
    request.syntax = syntax;
    return pixels_of({}, request);
  };
  const auto apple = picture_of("a red apple");
  EXPECT_EQ(picture_of("a [red apple:blue house:3]"), apple);  // of 3 steps
  EXPECT_NE(picture_of("a [red apple:blue house:1]"), apple);
  EXPECT_NE(picture_of("a (red:1.5) apple"), apple);
  EXPECT_EQ(picture_of("a (red:1.0) apple"), apple);
  EXPECT_NE(picture_of("a (red:1.5) apple", PromptSyntax::comfy), picture_of("a (red:1.5) apple"));
  EXPECT_NE(picture_of("a red apple AND a blue house"), apple);
  EXPECT_EQ(picture_of("a {red apple|red apple}"), apple);
}

TEST(Engine, ForgettingWhatIsUsedChangesNoPicture) {
  EngineOptions options;
  options.one_request = true;
  Engine engine(options);
  const Checkpoint checkpoint = value_or_throw(engine.open("starter"));
  Request request = small_request();
  request.count = 2;
  const auto pictures = value_or_throw(engine.generate(checkpoint, request));
  EXPECT_EQ(pictures.at(0).image.pixels, pixels_of({}, small_request()));
  EXPECT_EQ(value_or_throw(engine.generate(checkpoint, request)).at(1).image.pixels, pictures.at(1).image.pixels);
}

TEST(Engine, WithinTheLeastMemoryThatItAllowsItDrawsTheSamePictures) {
  Request request = small_request();
  request.count = 2;
  request.loras = {{"neon", 0.8}};
  request.hires = 2;
  EngineOptions options;
  options.threads = 2;
  std::uint64_t packed = 0;  // at most, at the beginning of each step and of the VAE's work
  const auto pictures_of = [&] {
    Engine engine(options);
    packed = 0;
    return engine.generate(value_or_throw(engine.open("starter")), request, [&](const Progress&) {
      packed = std::max(packed, engine.loaded().bytes);
      return Go::on;
    });
  };
  const auto want = pictures_of();
  ASSERT_TRUE(want) << want.error().text();
  const std::uint64_t packed_without_limit = packed;
  options.memory_limit = resident_bytes() + (std::uint64_t{128} << 20);
  std::string refused;
  Result<std::vector<Picture>> got = pictures_of();
  for (; !got; got = pictures_of()) {
    ASSERT_EQ(got.error().code, ErrorCode::out_of_memory) << got.error().text();
    refused = got.error().text();
    options.memory_limit += std::uint64_t{4} << 20;
    ASSERT_LT(options.memory_limit, std::uint64_t{4} << 30);
  }
  EXPECT_THAT(refused, testing::ContainsRegex("needs at least .* are allowed; use a smaller size or allow more"));
  for (std::size_t i = 0; i < 2; ++i) EXPECT_EQ(got.value()[i].image.pixels, want.value()[i].image.pixels);
  EXPECT_LT(packed, packed_without_limit * 2 / 3);
}

TEST(BadCheckpoint, UnexpectedTensorsAreListedAndDoNoHarm) {
  // Real files carry riders that no part declares; so does this one.
  Engine engine;
  const ModelInfo info = value_or_throw(
      engine.inspect((fs::path(PIXELFORGE_SOURCE_DIR) / "tests/golden/families/sd1/checkpoint.safetensors").string()));
  EXPECT_TRUE(info.supported);
  EXPECT_THAT(info.unexpected, testing::Contains("alphas_cumprod"));
}

TEST(BadCheckpoint, NanWeightsAreFoundAndNamed) {
  const std::string bad = "model.diffusion_model.output_blocks.3.0.out_layers.3.weight";
  const fs::path path = altered_starter("nan.safetensors", [&](std::string& name, std::vector<std::byte>& bytes) {
    if (name == bad) bytes[1] = std::byte{0x7e};  // the upper byte of the first f16: a NaN
    return true;
  });
  const Error error = error_of(small_request(), path.string());
  EXPECT_EQ(error.code, ErrorCode::bad_file);
  EXPECT_THAT(error.text(), HasSubstr(fmt::format("\"{}\" hold NaN", bad)));
  EXPECT_THAT(error.text(), HasSubstr("NaN"));
}

TEST(BadCheckpoint, AnythingElseIsRefusedWithItsName) {
  const fs::path folder = testing::TempDir();
  EXPECT_EQ(error_of_opening(folder / "not-there.safetensors").code, ErrorCode::not_found);
  EXPECT_EQ(error_of_opening(folder).code, ErrorCode::bad_file);  // a folder without weights
  std::ofstream(folder / "empty.safetensors").close();
  const Error error = error_of_opening(folder / "empty.safetensors");
  EXPECT_EQ(error.code, ErrorCode::bad_file);
  EXPECT_THAT(error.text(), HasSubstr("empty.safetensors"));
}

TEST(Inspect, TellsPartsAndRecommendations) {
  Engine engine;
  const ModelInfo info = value_or_throw(engine.inspect("starter"));
  EXPECT_EQ(info.kind, "checkpoint");
  EXPECT_EQ(info.family, "sd1");
  EXPECT_EQ(info.prediction, "v");
  EXPECT_EQ(info.license, "CC0-1.0");
  ASSERT_EQ(info.parts.size(), 3u);
  EXPECT_EQ(info.parts[0].types, std::vector<std::string>{"f16"});
  EXPECT_EQ(info.sha256.size(), 64u);
  EXPECT_TRUE(info.unexpected.empty());
  ASSERT_TRUE(info.recommended);
  EXPECT_EQ(info.recommended->width, 128);
  EXPECT_EQ(info.recommended->from, "the file");
}

TEST(Inspect, TheHashOfAFileIsThatOfTheSameBytesEmbedded) {
  Engine engine;
  const fs::path path = fs::path(PIXELFORGE_SOURCE_DIR) / "assets/starter/starter.safetensors";
  EXPECT_TRUE(value_or_throw(engine.inspect(path.string())).sha256.empty());
  EXPECT_EQ(value_or_throw(engine.inspect(path.string(), true)).sha256,
            value_or_throw(engine.inspect("starter")).sha256);
}

TEST(Save, AFailedWriteLeavesNothingBehind) {
  Engine engine;
  const auto pictures = value_or_throw(engine.generate(value_or_throw(engine.open("starter")), small_request()));
  const fs::path missing = fs::path(testing::TempDir()) / "no-such-folder" / "a.png";
  const auto saved = save_png(pictures.at(0), missing);
  ASSERT_FALSE(saved.ok());
  EXPECT_EQ(saved.error().code, ErrorCode::not_found);

  const fs::path folder = fs::path(testing::TempDir()) / "taken";
  fs::create_directories(folder / "name.png");  // a folder where the file should go
  EXPECT_FALSE(save_png(pictures.at(0), folder / "name.png").ok());
  EXPECT_EQ(std::distance(fs::directory_iterator(folder), fs::directory_iterator()), 1);
}

TEST(Probe, SaysWhichTensorsAPartTakes) {
  Engine engine;
  const Checkpoint starter = value_or_throw(engine.open("starter"));
  const fs::path in = fs::path(PIXELFORGE_SOURCE_DIR) / "tests/golden/starter/golden.safetensors";
  const fs::path out = fs::path(testing::TempDir()) / "probe.safetensors";
  const auto result = engine.probe(starter, "unet", in, out);
  ASSERT_FALSE(result.ok());
  EXPECT_THAT(result.error().text(), HasSubstr("has no tensor \"timestep\""));
  EXPECT_THAT(engine.probe(starter, "sampler", in, out).error().text(),
              HasSubstr("need unet, text, text_2, vae.decode"));
  EXPECT_FALSE(fs::exists(out));
}

}  // namespace
}  // namespace pxf
