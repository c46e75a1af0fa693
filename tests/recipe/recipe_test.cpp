// Metadata of each program as it writes them, read as a request of this one.
#include "recipe/recipe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "files.h"
#include "support.h"

namespace pxf {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string sample(const std::string& name) {
  return test::content_of(std::filesystem::path(PIXELFORGE_SOURCE_DIR) / "tests/recipe/files" / name);
}

PictureRecipe recipe_of_text(const std::string& keyword, const std::string& text) {
  return value_or_throw(recipe_in(std::vector<TextEntry>{{keyword, text}}));
}

TEST(Recipe, KeepsA1111sOldHashOfEightDigits) {
  EXPECT_EQ(recipe_of_text("parameters", "a\nSteps: 2, Sampler: Euler, Model hash: 7460a6fa").checkpoint_hash,
            "7460a6fa");
}

TEST(Recipe, OfA1111) {
  const PictureRecipe got = recipe_of_text(
      "parameters",
      "a cat, (red:1.2) <lora:neon:0.8>\nNegative prompt: dog\nSteps: 24, Sampler: DPM++ 2M, Schedule type: Karras, "
      "CFG "
      "scale: 6.5, Seed: 123456789012, Size: 512x768, Model hash: 6ce0161689, Model: v1-5-pruned-emaonly, VAE hash: "
      "735e4c3a44, VAE: vae-ft-mse-840000-ema-pruned.safetensors, Variation seed: 7, Variation seed strength: 0.3, "
      "Seed "
      "resize from: 512x512, Denoising strength: 0.45, Clip skip: 2, ENSD: 31337, Hires upscale: 1.5, Hires steps: 10, "
      "Hires upscaler: Latent, Lora hashes: \"neon: 0123456789ab\", Version: v1.10.1");
  const Request& r = got.request;
  EXPECT_EQ(r.prompt, "a cat, (red:1.2) <lora:neon:0.8>");
  EXPECT_EQ(r.negative, "dog");
  EXPECT_EQ(r.steps, 24);
  EXPECT_EQ(r.sampler, "dpmpp_2m");
  EXPECT_EQ(r.scheduler, "karras");
  EXPECT_EQ(r.cfg_scale, 6.5);
  EXPECT_EQ(r.seed, 123456789012u);
  EXPECT_EQ(r.width, 512);
  EXPECT_EQ(r.height, 768);
  EXPECT_EQ(got.checkpoint, "v1-5-pruned-emaonly");
  EXPECT_EQ(got.checkpoint_hash, "6ce0161689");
  EXPECT_EQ(got.vae, "vae-ft-mse-840000-ema-pruned.safetensors");
  EXPECT_EQ(r.variation_seed, 7u);
  EXPECT_EQ(r.variation_strength, 0.3);
  EXPECT_EQ(r.seed_resize_height, 512);
  EXPECT_EQ(r.clip_skip, 2);
  EXPECT_EQ(r.noise_seed_delta, 31337u);
  EXPECT_EQ(r.hires, 1.5);
  EXPECT_EQ(r.hires_steps, 10);
  EXPECT_EQ(r.hires_strength, 0.45);
  EXPECT_EQ(r.noise, NoiseSource::gpu) << "A1111's default, which it leaves out";
  EXPECT_EQ(got.lora_hashes.at("neon"), "0123456789ab");
  EXPECT_FALSE(got.needs_picture) << "the strength is the second pass's";
  EXPECT_EQ(r.hires_upscaler, HiresUpscaler::latent);
  EXPECT_THAT(got.lost, IsEmpty());
}

// Of A1111's own texts: the numbers that A1111 reads in them.
TEST(RecipeGolden, ReadsTheNumbersThatA1111Reads) {
  std::ifstream stream(test::golden_folder() / "metadata/infotext.json");
  const nlohmann::json cases = nlohmann::json::parse(stream)["cases"];
  int checked = 0;
  for (const auto& entry : cases) {
    const std::string text = entry["text"];
    const auto recipe = recipe_in(std::vector<TextEntry>{{"parameters", text}});
    if (!recipe || text.find("First pass size") != text.npos) continue;
    SCOPED_TRACE(text);
    const auto expect_number = [&](const char* key, auto got) {
      const std::string want = entry["fields"].value(key, "");
      if (want.empty() || want.find_first_not_of("0123456789.") != want.npos) return;
      ++checked;
      EXPECT_TRUE(got && static_cast<double>(*got) == std::stod(want)) << key;
    };
    const Request& r = recipe.value().request;
    expect_number("Steps", r.steps);
    expect_number("CFG scale", r.cfg_scale);
    expect_number("Seed", r.seed);
    expect_number("Size-1", r.width);
    expect_number("Size-2", r.height);
    expect_number("Clip skip", std::optional(r.clip_skip));
    expect_number("Variation seed", r.variation_seed);
    EXPECT_EQ(r.noise == NoiseSource::cpu, entry["fields"].value("RNG", "GPU") == "CPU");
  }
  EXPECT_GT(checked, 60);
}

std::string method(const std::string& sampler) {
  const Request r = recipe_of_text("parameters", "a\nSteps: 20, Sampler: " + sampler + ", Seed: 1").request;
  return r.sampler.value_or("none") + ", " + r.scheduler.value_or("none");
}

TEST(Recipe, OfA1111FromBeforeSchedulesHadAFieldOfTheirOwn) {
  EXPECT_EQ(method("DPM++ 2M SDE Karras"), "dpmpp_2m_sde, karras");
  EXPECT_EQ(method("Euler a"), "euler_ancestral, normal");
  EXPECT_EQ(method("DPM++ 2M, Schedule type: Automatic"), "dpmpp_2m, karras");
  EXPECT_EQ(method("Warp Drive"), "none, none");
}

TEST(Recipe, TakesA1111sMeaningOfANameThatComfyUiUsesOtherwise) {
  EXPECT_EQ(method("DPM++ 3M SDE, Schedule type: Automatic"), "a1111_dpmpp_3m_sde, exponential");
  EXPECT_EQ(method("LMS, Schedule type: Beta"), "k_lms, a1111_beta");
  EXPECT_EQ(method("DPM++ 3M SDE, Schedule type: Beta, Version: PixelForge 0.1.0"), "dpmpp_3m_sde, beta");
  EXPECT_EQ(method("dpmpp_3m_sde, Schedule type: beta, Version: ComfyUI"), "dpmpp_3m_sde, beta");
}

TEST(Recipe, OfDpmFastInA1111TakesNoScheduleButTheModelsRange) {
  EXPECT_EQ(method("DPM fast, Schedule type: SGM Uniform"), "dpm_fast, normal");
}

TEST(Recipe, OfASecondPassOfAGivenSize) {
  const PictureRecipe got = recipe_of_text(
      "parameters", "a\nSteps: 20, Seed: 1, Size: 512x768, Denoising strength: 0.4, Hires resize: 768x1152");
  EXPECT_EQ(got.request.hires, 1.5);
  EXPECT_EQ(got.request.hires_strength, 0.4);
  EXPECT_FALSE(got.needs_picture);
  EXPECT_THAT(got.lost, IsEmpty());
}

TEST(Recipe, OfShortcutsAndOfA1111sTokenMerging) {
  const auto shortcuts = [](const std::string& fields) {
    const PictureRecipe got = recipe_of_text("parameters", "a\nSteps: 20, Sampler: Euler, Seed: 1" + fields);
    EXPECT_THAT(got.lost, IsEmpty());
    return to_text(got.request.shortcuts.value());
  };
  EXPECT_EQ(shortcuts(", Shortcuts: \"deep:3; tome:0.4\""), "deep:3; tome:0.4");
  EXPECT_EQ(shortcuts(", Token merging ratio: 0.9"), "tome:0.75");
  EXPECT_EQ(shortcuts(""), "");
}

TEST(Recipe, OfInpaintingInA1111) {
  const PictureRecipe got = recipe_of_text(
      "parameters",
      "a\nSteps: 20, Sampler: Euler, Seed: 1, Denoising strength: 0.6, RNG: CPU, Mask blur: 8, Masked content: latent "
      "noise, Mask mode: Inpaint not masked, Inpaint area: Only masked, Masked area padding: 16");
  EXPECT_TRUE(got.needs_picture);
  EXPECT_EQ(got.request.strength, 0.6);
  EXPECT_EQ(got.request.mask_blur, 8);
  EXPECT_EQ(got.request.mask_fill, MaskFill::noise);
  EXPECT_TRUE(got.request.invert_mask);
  EXPECT_TRUE(got.request.only_masked);
  EXPECT_EQ(got.request.masked_padding, 16);
  EXPECT_EQ(got.request.noise, NoiseSource::cpu);
  EXPECT_THAT(got.lost, IsEmpty());
}

TEST(Recipe, OfStableDiffusionCpp) {
  const PictureRecipe got = recipe_of_text("parameters", sample("sdcpp.txt"));
  EXPECT_EQ(got.program, "stable-diffusion.cpp");
  EXPECT_EQ(got.request.prompt, "a lovely cat<lora:neon:0.8>");
  EXPECT_EQ(got.request.sampler, "euler_ancestral");
  EXPECT_EQ(got.request.scheduler, "karras");
  EXPECT_EQ(got.request.cfg_scale, 7.5);
  EXPECT_EQ(got.request.noise, NoiseSource::gpu);
  EXPECT_EQ(got.checkpoint, "v1-5");
  EXPECT_THAT(got.lost, ElementsAre("Guidance: 3.500000", "Eta: 0.000000"));
}

TEST(Recipe, OfComfyUi) {
  const PictureRecipe got = recipe_of_text("prompt", sample("comfyui.json"));
  const Request& r = got.request;
  EXPECT_EQ(r.prompt, "beautiful scenery (glass:1.2) bottle landscape") << "through a node that holds the text";
  EXPECT_EQ(r.negative, "text, watermark");
  EXPECT_EQ(r.syntax, PromptSyntax::comfy);
  EXPECT_EQ(r.seed, 156680208700286u);
  EXPECT_EQ(r.steps, 22);
  EXPECT_EQ(r.cfg_scale, 7.5);
  EXPECT_EQ(r.sampler, "dpmpp_2m");
  EXPECT_EQ(r.scheduler, "karras");
  EXPECT_EQ(r.width, 512);
  EXPECT_EQ(r.height, 768);
  EXPECT_EQ(r.clip_skip, 2);
  EXPECT_EQ(r.noise, NoiseSource::cpu);
  EXPECT_EQ(got.checkpoint, "v1-5-pruned-emaonly");
  ASSERT_EQ(r.loras.size(), 2u);
  EXPECT_EQ(r.loras[0].name, "add_detail") << "nearest to the checkpoint first";
  EXPECT_EQ(r.loras[0].strength, 0.8);
  EXPECT_EQ(r.loras[0].text_strength, 0.5);
  EXPECT_EQ(r.loras[1].name, "neon");
  EXPECT_EQ(r.loras[1].text_strength, 0) << "it is put on the model alone";
  EXPECT_THAT(got.lost, ElementsAre("node FreeU"));
}

TEST(Recipe, AComfyUiGraphThatGoesRoundInCirclesEnds) {
  const std::string circle = R"({"class_type": "LoraLoader", "inputs": {"lora_name": "a", "model": ["2", 0]}})";
  const std::string sampler = R"({"class_type": "KSampler", "inputs": {"model": ["2", 0], "positive": ["1", 0],)"
                              R"("latent_image": ["1", 0], "steps": 5}})";
  const PictureRecipe got = recipe_of_text("prompt", R"({"1": )" + sampler + R"(, "2": )" + circle + "}");
  EXPECT_EQ(got.request.steps, 5);
}

TEST(Recipe, OfInvokeAi) {
  const PictureRecipe got = recipe_of_text("invokeai_metadata", sample("invokeai.json"));
  const Request& r = got.request;
  EXPECT_EQ(got.program, "InvokeAI 4.2.9");
  EXPECT_EQ(r.prompt, "a lighthouse in a storm");
  EXPECT_EQ(r.negative, "people");
  EXPECT_EQ(r.seed, 3735928559u);
  EXPECT_EQ(r.sampler, "dpmpp_2m");
  EXPECT_EQ(r.scheduler, "karras");
  EXPECT_EQ(r.clip_skip, 2);
  EXPECT_EQ(r.height, 640);
  EXPECT_EQ(got.checkpoint, "dreamshaper-8");
  EXPECT_EQ(got.vae, "sd-vae-ft-mse");
  ASSERT_EQ(r.loras.size(), 1u);
  EXPECT_EQ(r.loras[0].strength, 0.75);
  EXPECT_FALSE(got.needs_picture);
  EXPECT_THAT(got.lost, ElementsAre("cfg_rescale_multiplier: 0.7"));
}

TEST(Recipe, OfSwarmUi) {
  const PictureRecipe got = recipe_of_text("parameters", sample("swarmui.json"));
  const Request& r = got.request;
  EXPECT_EQ(r.prompt, "a photo of a cat");
  EXPECT_EQ(r.sampler, "dpmpp_2m_sde");
  EXPECT_EQ(r.steps, 25);
  EXPECT_EQ(r.width, 1024);
  EXPECT_EQ(r.height, 896);
  EXPECT_EQ(r.clip_skip, 2);
  EXPECT_EQ(got.checkpoint, "sd_xl_base_1.0");
  ASSERT_EQ(r.loras.size(), 2u);
  EXPECT_EQ(r.loras[1].name, "paper");
  EXPECT_EQ(r.loras[1].strength, 0.4);
  EXPECT_THAT(got.lost, ElementsAre("variationseed: 12", "variationseedstrength: 0.25"));
}

TEST(Recipe, OfFooocus) {
  const PictureRecipe got = recipe_of_text("parameters", sample("fooocus.json"));
  EXPECT_EQ(got.program, "Fooocus v2.5.5");
  EXPECT_EQ(got.request.seed, 4711u);
  EXPECT_EQ(got.request.width, 1152);
  EXPECT_EQ(got.request.height, 896);
  EXPECT_EQ(got.request.cfg_scale, 4);
  EXPECT_EQ(got.checkpoint_hash, "aeb7e9e689");
  ASSERT_EQ(got.request.loras.size(), 1u);
  EXPECT_EQ(got.request.loras[0].name, "sd_xl_offset_example-lora_1.0");
  EXPECT_THAT(got.lost, Contains("styles: ['Fooocus V2', 'Fooocus Sharp']"));
}

TEST(Recipe, OfNovelAi) {
  const PictureRecipe got = value_or_throw(recipe_in(std::vector<TextEntry>{
      {"Software", "NovelAI"}, {"Source", "NovelAI Diffusion V3 4BDE2A90"}, {"Comment", sample("novelai.json")}}));
  EXPECT_EQ(got.request.sampler, "euler_ancestral");
  EXPECT_EQ(got.request.scheduler, "karras");
  EXPECT_EQ(got.request.negative, "lowres");
  EXPECT_EQ(got.request.height, 1216);
  EXPECT_THAT(got.checkpoint, IsEmpty());
  EXPECT_THAT(got.lost, Contains("checkpoint: NovelAI Diffusion V3 4BDE2A90, which is not public"));
  EXPECT_THAT(got.lost, Contains(HasSubstr("the prompt's weights")));
}

TEST(Recipe, NumbersThatAreNoneAreNamedAndNotTaken) {
  const PictureRecipe got =
      recipe_of_text("parameters", "a\nSteps: many, CFG scale: nan, Seed: -1, Size: 99999999999999999999x8");
  EXPECT_FALSE(got.request.steps || got.request.cfg_scale || got.request.seed || got.request.width);
  EXPECT_THAT(got.lost, ElementsAre("Steps: many", "CFG scale: nan", "Seed: -1", "Size-1: 99999999999999999999"));
}

TEST(Recipe, APictureWithoutSettingsIsRefused) {
  const auto none = recipe_in(std::vector<TextEntry>{{"Title", "a cat"}});
  ASSERT_FALSE(none.ok());
  EXPECT_EQ(none.error().code, ErrorCode::unsupported);
  EXPECT_THAT(none.error().message, HasSubstr("holds no settings: got 1 texts"));
  EXPECT_FALSE(recipe_in(std::vector<TextEntry>{{"prompt", "[1, 2"}}).ok());
}

TEST(Margins, AreReadAsTheyAreWritten) {
  const auto some = parse_margins("left=64,bottom=8");
  ASSERT_TRUE(some);
  EXPECT_EQ(some->left, 64);
  EXPECT_EQ(some->bottom, 8);
  EXPECT_EQ(some->right, 0);
  EXPECT_EQ(parse_margins("16")->top, 16);
  for (const char* wrong : {"left", "left=x", "up=3", "left=1,,", "left=9999999999"})
    EXPECT_FALSE(parse_margins(wrong)) << wrong;
}

}  // namespace
}  // namespace pxf
