// The C API: what comes back is what C++ gives, and what goes wrong comes back as a code and a message.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <memory>
#include <string>

#include "pixelforge/engine.h"
#include "pixelforge/pixelforge.h"

namespace {

using testing::HasSubstr;
using testing::StartsWith;

template <auto free>
struct Freed {
  template <class T>
  void operator()(T* handle) const {
    free(handle);
  }
};
using EngineHandle = std::unique_ptr<pxf_engine, Freed<pxf_engine_free>>;
using CheckpointHandle = std::unique_ptr<pxf_checkpoint, Freed<pxf_checkpoint_free>>;
using PicturesHandle = std::unique_ptr<pxf_pictures, Freed<pxf_pictures_free>>;

class CApi : public testing::Test {
 protected:
  void SetUp() override {
    checkpoint.reset(pxf_open(engine.get(), "starter", &error));
    if (!checkpoint) GTEST_SKIP() << "no starter in this build";
    pxf_request_init(&request);
    request.prompt = "a red apple";
    request.steps = 2;
    request.width = request.height = 64;
    request.has_seed = true;
    request.seed = 7;
  }
  PicturesHandle generate(pxf_on_progress on_progress = nullptr, void* user = nullptr) {
    return PicturesHandle(pxf_generate(engine.get(), checkpoint.get(), &request, on_progress, user, &error));
  }

  void expect_same(const pxf::Request& cpp) {
    const PicturesHandle pictures = generate();
    ASSERT_TRUE(pictures) << error.message;
    pxf_picture got;
    ASSERT_TRUE(pxf_pictures_get(pictures.get(), 0, &got));
    pxf::Engine other;
    const auto want = other.generate(other.open("starter").value(), cpp);
    ASSERT_TRUE(want) << want.error().message;
    EXPECT_EQ(got.parameters, want.value()[0].parameters);
    EXPECT_EQ(got.variation_seed, want.value()[0].variation_seed);
    EXPECT_EQ(std::vector<std::uint8_t>(got.rgb, got.rgb + got.width * got.height * 3), want.value()[0].image.pixels);
  }

  pxf_error error{};
  EngineHandle engine{pxf_engine_new(nullptr, &error)};
  CheckpointHandle checkpoint;
  pxf_request request{};
};

TEST_F(CApi, GivesThePictureThatCppGives) {
  request.count = 2;
  const PicturesHandle pictures = generate();
  ASSERT_TRUE(pictures) << error.message;
  EXPECT_EQ(error.code, PXF_OK);
  ASSERT_EQ(pxf_pictures_count(pictures.get()), 2u);

  pxf::Engine cpp;
  const auto opened = cpp.open("starter");
  const auto want = cpp.generate(opened.value(), {.prompt = "a red apple",
                                                  .negative = {},
                                                  .width = 64,
                                                  .height = 64,
                                                  .steps = 2,
                                                  .cfg_scale = {},
                                                  .sampler = {},
                                                  .scheduler = {},
                                                  .seed = 7,
                                                  .count = 2});
  for (std::size_t k = 0; k < 2; ++k) {
    pxf_picture got;
    ASSERT_TRUE(pxf_pictures_get(pictures.get(), k, &got));
    const pxf::Picture& picture = want.value()[k];
    EXPECT_EQ(got.seed, 7 + k);
    EXPECT_EQ(got.parameters, picture.parameters);
    EXPECT_EQ(std::vector<std::uint8_t>(got.rgb, got.rgb + got.width * got.height * 3), picture.image.pixels);
  }
}

TEST_F(CApi, TakesGuidanceAndShortcutsAsText) {
  request.guidance = "pag:2; rescale:0.5";
  request.shortcuts = "deep:2; tome:0.3";
  const PicturesHandle pictures = generate();
  ASSERT_TRUE(pictures) << error.message;
  pxf_picture got;
  ASSERT_TRUE(pxf_pictures_get(pictures.get(), 0, &got));
  EXPECT_THAT(got.parameters, HasSubstr("Guidance: \"rescale:0.5; pag:2\""));
  EXPECT_THAT(got.parameters, HasSubstr("Shortcuts: \"deep:2; tome:0.3\""));
  request.guidance = "pug:2";
  EXPECT_FALSE(generate());
  EXPECT_EQ(error.code, PXF_INVALID_ARGUMENT);
  EXPECT_THAT(error.message, HasSubstr("did you mean"));
}

// Every field reaches the C++ request: a picture's pixels or its parameters would tell.
TEST_F(CApi, AsksForAllThatCppAsksFor) {
  pxf::Request same;
  same.prompt = request.prompt = "(a red apple:1.2)";
  same.width = same.height = 64;
  same.steps = 2;
  same.seed = 7;

  pxf_lora loras[2] = {};
  loras[0] = {"neon", 0.8, true, 0.3, 0.5, 1, "MIDD"};
  loras[1].name = "sketch";
  loras[1].strength = 0.5;
  request.loras = loras;
  request.lora_count = 2;
  same.loras = {{"neon", 0.8, 0.3, 0.5, 1, "MIDD"}, {"sketch", 0.5}};
  request.comfy_syntax = true;
  same.syntax = pxf::PromptSyntax::comfy;
  same.variation_strength = request.variation_strength = 0.3;
  request.has_variation_seed = true;
  same.variation_seed = request.variation_seed = 11;
  same.seed_resize_width = request.seed_resize_width = 48;
  same.seed_resize_height = request.seed_resize_height = 32;
  same.tile_x = request.tile_x = true;
  same.noise_seed_delta = request.noise_seed_delta = 31337;
  request.sampler = "euler_ancestral";
  same.sampler = request.sampler;
  same.hires = request.hires = 2;
  same.hires_strength = request.hires_strength = 0.7;
  same.hires_steps = request.hires_steps = 1;
  request.hires_upscaler = PXF_HIRES_LATENT_BICUBIC;
  same.hires_upscaler = pxf::HiresUpscaler::latent_bicubic;
  expect_same(same);
}

TEST_F(CApi, ChangesPicturesAsCppDoes) {
  pxf::Request same;
  same.prompt = request.prompt;
  same.steps = 2;
  same.seed = 7;
  request.width = request.height = 0;
  same.init = pxf::Image{64, 64, std::vector<std::uint8_t>(64 * 64 * 3, 90)};
  same.mask = pxf::Image{64, 64, std::vector<std::uint8_t>(64 * 64 * 3, 255)};
  std::fill_n(same.mask->pixels.begin(), 64 * 20 * 3, std::uint8_t{0});
  request.init = {64, 64, same.init->pixels.data()};
  request.mask = {64, 64, same.mask->pixels.data()};
  same.strength = request.strength = 0.6;
  same.mask_blur = request.mask_blur = 2;
  request.mask_fill = PXF_MASK_NOISE;
  same.mask_fill = pxf::MaskFill::noise;
  same.invert_mask = request.invert_mask = true;
  same.only_masked = request.only_masked = true;
  same.masked_padding = request.masked_padding = 8;
  expect_same(same);

  request.mask = {};
  request.only_masked = request.invert_mask = false;
  same.mask.reset();
  same.only_masked = same.invert_mask = false;
  request.outpaint_left = same.outpaint.left = 16;
  expect_same(same);
}

TEST_F(CApi, LeavesWhatIsNotSaidToTheUsual) {
  pxf_request_init(&request);
  request.prompt = "a red apple";
  request.has_seed = true;
  request.steps = 1;
  request.width = request.height = 64;
  pxf::Request same;
  same.prompt = request.prompt;
  same.seed = 0;
  same.steps = 1;
  same.width = same.height = 64;
  const std::vector<std::uint8_t> grey(64 * 64 * 3, 90);
  request.init = {64, 64, grey.data()};
  same.init = pxf::Image{64, 64, grey};
  expect_same(same);
}

TEST_F(CApi, LoadsPicturesToChange) {
  const PicturesHandle pictures = generate();
  const auto path = std::filesystem::path(testing::TempDir()) / "c_api_load.png";
  ASSERT_TRUE(pxf_save_png(pictures.get(), 0, path.c_str(), &error)) << error.message;
  pxf_image image{};
  const std::unique_ptr<std::uint8_t, Freed<pxf_free>> rgb(
      pxf_load_image(path.c_str(), &image.width, &image.height, &error));
  ASSERT_TRUE(rgb) << error.message;
  pxf_picture drawn;
  ASSERT_TRUE(pxf_pictures_get(pictures.get(), 0, &drawn));
  EXPECT_EQ(image.width, 64);
  EXPECT_TRUE(std::equal(rgb.get(), rgb.get() + 64 * 64 * 3, drawn.rgb));
  EXPECT_STREQ(drawn.prompt, "a red apple");
  std::filesystem::remove(path);
  EXPECT_FALSE(pxf_load_image(path.c_str(), &image.width, &image.height, &error));
  EXPECT_EQ(error.code, PXF_NOT_FOUND);
}

TEST_F(CApi, PassesOnWhoseModelsAndStylesMayBeUsed) {
  request.commercial = true;
  EXPECT_TRUE(generate()) << error.message;
  const char* const styles[] = {"no-such-style"};
  request.styles = styles;
  request.style_count = 1;
  request.styles_file = "/nowhere.csv";
  EXPECT_FALSE(generate());
  EXPECT_THAT(error.message, HasSubstr("/nowhere.csv"));
}

TEST_F(CApi, DescribesTheCheckpoint) {
  pxf_checkpoint_info info;
  pxf_checkpoint_describe(checkpoint.get(), &info);
  EXPECT_STREQ(info.name, "starter");
  EXPECT_STREQ(info.license, "CC0-1.0");
  EXPECT_STREQ(info.prediction, "v");
  EXPECT_EQ(info.width, 128);
}

TEST_F(CApi, TellsProgressAndStopsWhenAsked) {
  int calls = 0;
  EXPECT_TRUE(generate(
      [](const pxf_progress*, void* user) {
        ++*static_cast<int*>(user);
        return true;
      },
      &calls));
  EXPECT_GE(calls, 2);
  EXPECT_FALSE(generate([](const pxf_progress* p, void*) { return p->step < 1; }));
  EXPECT_EQ(error.code, PXF_CANCELLED);
}

TEST_F(CApi, ShowsPreviewsOnRequest) {
  int pixels = 0;
  request.preview = request.vae_tiling = true;
  request.count = 1;
  EXPECT_TRUE(generate(
      [](const pxf_progress* p, void* user) {
        if (p->preview_rgb != nullptr) *static_cast<int*>(user) += p->preview_width * p->preview_height;
        return true;
      },
      &pixels));
  EXPECT_EQ(pixels, request.steps * 8 * 8);
  const char* const embeddings[] = {"no-such-embedding"};
  request.embeddings = embeddings;
  request.embedding_count = 1;
  EXPECT_FALSE(generate());
  EXPECT_EQ(error.code, PXF_NOT_FOUND);
}

TEST_F(CApi, EncodesAndSavesTheSameFile) {
  const PicturesHandle pictures = generate();
  std::size_t size = 0;
  const std::unique_ptr<std::uint8_t, Freed<pxf_free>> file(pxf_encode_png(pictures.get(), 0, &size, &error));
  ASSERT_TRUE(file) << error.message;
  const auto path = std::filesystem::path(testing::TempDir()) / "c_api.png";
  ASSERT_TRUE(pxf_save_png(pictures.get(), 0, path.c_str(), &error)) << error.message;
  const auto webp = std::filesystem::path(testing::TempDir()) / "c_api.webp";
  ASSERT_TRUE(pxf_save_picture(pictures.get(), 0, webp.c_str(), 80, &error)) << error.message;
  EXPECT_TRUE(std::filesystem::exists(webp));
  EXPECT_FALSE(pxf_save_picture(pictures.get(), 0, "x.gif", 80, &error));
  EXPECT_EQ(error.code, PXF_INVALID_ARGUMENT);
  EXPECT_EQ(std::filesystem::file_size(path), size);
  std::filesystem::remove(path);
}

TEST_F(CApi, RefusesWithCodeAndMessage) {
  request.width = 65;
  EXPECT_FALSE(generate());
  EXPECT_EQ(error.code, PXF_INVALID_ARGUMENT);
  EXPECT_THAT(error.message, HasSubstr("65"));

  request.width = 64;
  request.cfg_scale = std::nan("");
  EXPECT_FALSE(generate());
  EXPECT_EQ(error.code, PXF_INVALID_ARGUMENT);

  EXPECT_FALSE(pxf_open(engine.get(), "/nowhere.safetensors", &error));
  EXPECT_EQ(error.code, PXF_NOT_FOUND);
}

TEST_F(CApi, TakesNullWhereItSaysSoAndRefusesItElsewhere) {
  pxf_engine_free(nullptr);
  pxf_checkpoint_free(nullptr);
  pxf_pictures_free(nullptr);
  EXPECT_FALSE(pxf_open(engine.get(), "/nowhere.safetensors", nullptr));
  request.prompt = nullptr;
  EXPECT_FALSE(generate());
  EXPECT_EQ(error.code, PXF_INVALID_ARGUMENT);
  EXPECT_FALSE(pxf_save_png(nullptr, 0, "x.png", &error));
  EXPECT_FALSE(pxf_save_picture(nullptr, 0, "x.png", 90, &error));
  EXPECT_EQ(error.code, PXF_INVALID_ARGUMENT);
}

TEST_F(CApi, CutsLongMessagesBetweenCharacters) {
  for (int shift = 0; shift < 2; ++shift) {
    std::string name(static_cast<std::size_t>(shift), 'x');
    for (int i = 0; i < 1000; ++i) name += "ä";
    EXPECT_FALSE(pxf_open(engine.get(), name.c_str(), &error));
    const std::string message = error.message;
    EXPECT_LT(message.size(), sizeof error.message);
    EXPECT_THAT(name, StartsWith(message.substr(0, 900)));
    EXPECT_EQ(static_cast<unsigned char>(message.back()), 0xA4) << "the second byte of ä";
  }
}

}  // namespace
