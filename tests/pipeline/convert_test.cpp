// Conversions through the engine: what a converted checkpoint draws, what is chosen, what is left out.
#include "pixelforge/convert.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <limits>

#include "files.h"
#include "formats/open.h"
#include "formats/safetensors.h"
#include "golden_files.h"
#include "pipeline/convert_rules.h"
#include "pixelforge/engine.h"
#include "psnr.h"
#include "tensor/widen.h"

namespace pxf {
namespace {

using test::psnr;
using testing::HasSubstr;
namespace fs = std::filesystem;

class Convert : public testing::Test {
 protected:
  Convert() { fs::create_directories(folder); }
  ~Convert() override { fs::remove_all(folder); }

  Converted convert(const std::string& in, const std::string& out, const ConvertOptions& options) {
    return value_or_throw(engine.convert(in, folder / out, options));
  }
  std::string refusal(const std::string& in, const std::string& out, const ConvertOptions& options) {
    const auto done = engine.convert(in, folder / out, options);
    return done ? "it passed" : done.error().text();
  }
  Image picture(const std::string& checkpoint) {
    const auto opened = value_or_throw(engine.open(checkpoint));
    Request request;
    request.prompt = "a red apple on a beach";
    request.seed = 7;
    request.steps = 4;
    request.width = request.height = 128;
    return value_or_throw(engine.generate(opened, request)).front().image;
  }
  std::string content(const std::string& name) const { return test::content_of(folder / name); }
  std::shared_ptr<const TensorSource> read(const std::string& name) const {
    return value_or_throw(open_tensors(folder / name));
  }

  fs::path folder = fs::path(testing::TempDir()) /
                    fmt::format("pxf_convert_{}", testing::UnitTest::GetInstance()->current_test_info()->name());
  Engine engine;
};

TEST_F(Convert, TheStarterDrawsWhatItDrewFromEveryFormatAndType) {
  const Image before = picture("starter");
  struct Case {
    const char *out, *type;
    double least;  // dB
  };
  const double same = std::numeric_limits<double>::infinity();
  for (const auto& [out, type, least] :
       {Case{"kept.gguf", "", same}, Case{"a.gguf", "f16", same}, Case{"b.safetensors", "f32", same},
        Case{"c.gguf", "q8_0", 30}, Case{"d.safetensors", "f8_e4m3", 30}, Case{"e.gguf", "bf16", 30},
        Case{"f.gguf", "q5_k", 30}}) {
    const Converted done = convert("starter", out, {.type = type});
    EXPECT_EQ(done.bytes_after, fs::file_size(folder / out));
    EXPECT_EQ(done.tensors, done.type.empty() ? done.kept : done.converted + done.kept);
    EXPECT_GE(psnr(picture((folder / out).string()), before), least) << out;
    const ModelInfo info = value_or_throw(engine.inspect((folder / out).string()));
    EXPECT_EQ(info.license, "CC0-1.0");
    EXPECT_EQ(info.prediction, "v");
    EXPECT_EQ(info.recommended->from, "the file");
  }
}

TEST_F(Convert, AFileConvertedAndBackIsTheSame) {
  convert("starter", "a.safetensors", {});
  convert((folder / "a.safetensors").string(), "b.gguf", {});
  convert((folder / "b.gguf").string(), "c.safetensors", {});
  const auto a = read("a.safetensors"), c = read("c.safetensors");
  ASSERT_EQ(a->tensors().size(), c->tensors().size());
  for (const TensorInfo& tensor : a->tensors()) {
    EXPECT_TRUE(std::ranges::equal(a->bytes(tensor.name), c->bytes(tensor.name))) << tensor.name;
  }
  for (const auto& [key, value] : a->metadata()) EXPECT_EQ(c->metadata().at(key), value);
}

TEST_F(Convert, OneAndThreeThreadsWriteTheSameBytes) {
  convert("starter", "a.gguf", {.type = "q4_0"});
  for (const int threads : {1, 3}) {
    EngineOptions options;
    options.threads = threads;
    Engine other(options);
    value_or_throw(other.convert("starter", folder / "b.gguf", {.type = "q4_0"}));
    EXPECT_EQ(content("a.gguf"), content("b.gguf"));
  }
}

/// A file of f32 tensors without a family.
void write(const fs::path& path, const std::vector<std::pair<std::string, Shape>>& tensors, float value = 0.5f) {
  std::vector<std::vector<float>> values;
  std::vector<TensorView> views;
  for (const auto& [name, shape] : tensors) values.emplace_back(shape.numel(), value);
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    views.push_back({tensors[i].first, DType::f32, tensors[i].second, std::as_bytes(std::span(values[i]))});
  }
  value_or_throw(write_safetensors(path, views, {{"key", "value"}}));
}

TEST_F(Convert, OnlyWhatBearsItIsQuantised) {
  write(folder / "in.safetensors", {{"model.diffusion_model.mid.to_q.weight", {40, 64}},
                                    {"model.diffusion_model.mid.odd.weight", {64, 40}},
                                    {"model.diffusion_model.mid.norm.weight", {64}},
                                    {"model.diffusion_model.mid.conv.weight", {64, 64, 3, 3}},
                                    {"model.diffusion_model.time_embed.0.weight", {64, 64}},
                                    {"first_stage_model.mid.weight", {64, 64}}});
  const Converted done = convert((folder / "in.safetensors").string(), "out.gguf", {.type = "Q8-0"});
  EXPECT_EQ(done.converted, 1);
  EXPECT_EQ(done.kept, 5);
  const auto out = read("out.gguf");
  const auto type = [&](const char* name) { return name_of(out->find(name)->dtype); };
  EXPECT_EQ(type("model.diffusion_model.mid.to_q.weight"), "q8_0");
  EXPECT_EQ(type("model.diffusion_model.mid.odd.weight"), "f16");
  EXPECT_EQ(type("model.diffusion_model.mid.norm.weight"), "f32");
  EXPECT_EQ(type("model.diffusion_model.mid.conv.weight"), "f16");
  EXPECT_EQ(type("model.diffusion_model.time_embed.0.weight"), "f16");
  EXPECT_EQ(type("first_stage_model.mid.weight"), "f16");
  EXPECT_EQ(out->metadata().at("key"), "value");
  // What no engine runs can be looked at all the same.
  const ModelInfo info = value_or_throw(engine.inspect((folder / "out.gguf").string()));
  EXPECT_FALSE(info.supported);
  EXPECT_THAT(info.parts.at(0).types, testing::Contains("q8_0"));
}

TEST_F(Convert, TensorsLongerThanASliceAreWholeInEveryType) {
  const Shape shape{2051, 2304};  // 4.7 million elements
  std::vector<float> values(static_cast<std::size_t>(shape.numel()));
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i % 1009) / 1009 - 0.4f;
  const TensorView view{"mid.weight", DType::f32, shape, std::as_bytes(std::span(values))};
  value_or_throw(write_safetensors(folder / "in.safetensors", std::span(&view, 1)));
  for (const auto& [type, ending, worst] : {std::tuple{"f16", "safetensors", 3e-4},
                                            {"bf16", "gguf", 2e-3},
                                            {"q8_0", "gguf", 3e-3},
                                            {"q5_1", "gguf", 0.02}}) {
    const std::string out = fmt::format("out.{}", ending);
    ASSERT_EQ(convert((folder / "in.safetensors").string(), out, {.type = type}).converted, 1);
    std::vector<float> back(values.size());
    widen_to_f32(read(out)->bytes("mid.weight"), read(out)->find("mid.weight")->dtype, back);
    EXPECT_LT(test::worst_difference(back, values), worst) << type;
  }
}

TEST_F(Convert, PruningLeavesOutWhatOnlyTrainingReads) {
  write(folder / "in.safetensors", {{"state_dict.model.diffusion_model.a.weight", {4, 4}},
                                    {"state_dict.model_ema.a", {4, 4}},
                                    {"state_dict.alphas_cumprod", {10}},
                                    {"optimizer_states.0.exp_avg", {4, 4}}});
  const std::string in = (folder / "in.safetensors").string();
  const Converted done = convert(in, "out.safetensors", {.prune = true});
  EXPECT_EQ(done.pruned, 3);
  EXPECT_EQ(done.pruned_bytes, 64u + 40 + 64);
  ASSERT_EQ(done.tensors, 1);
  EXPECT_EQ(read("out.safetensors")->tensors().front().name, "model.diffusion_model.a.weight");
  EXPECT_EQ(convert(in, "out.safetensors", {}).tensors, 4);
}

TEST_F(Convert, IntegersAndOtherTypesKeepTheirValues) {
  const std::uint8_t bytes[] = {0, 7, 255};
  const std::uint16_t words[] = {65535, 1};
  const double exact[] = {0.1};
  const TensorView views[] = {{"u8", DType::u8, {3}, std::as_bytes(std::span(bytes))},
                              {"u16", DType::u16, {2}, std::as_bytes(std::span(words))},
                              {"f64", DType::f64, {1}, std::as_bytes(std::span(exact))},
                              {"f8", DType::f8_e5m2, {3}, std::as_bytes(std::span(bytes)).first(3)}};
  value_or_throw(write_safetensors(folder / "in.safetensors", views));
  convert((folder / "in.safetensors").string(), "out.gguf", {});
  const auto out = read("out.gguf");
  EXPECT_EQ(out->find("u8")->dtype, DType::i16);
  std::vector<float> values(3);
  widen_to_f32(out->bytes("u8"), DType::i16, values);
  EXPECT_THAT(values, testing::ElementsAre(0, 7, 255));
  values.resize(2);
  widen_to_f32(out->bytes("u16"), DType::i32, values);
  EXPECT_THAT(values, testing::ElementsAre(65535, 1));
  EXPECT_EQ(load_le<double>(out->bytes("f64")), 0.1);
  EXPECT_EQ(out->find("f8")->dtype, DType::f16);
}

TEST_F(Convert, RefusesWhatCannotBe) {
  write(folder / "lora.safetensors", {{"unet.a.lora_down.weight", {4, 64}}, {"unet.a.lora_up.weight", {64, 4}}});
  write(folder / "nan.safetensors", {{"mid.weight", {64, 64}}}, std::numeric_limits<float>::quiet_NaN());
  const std::string lora = (folder / "lora.safetensors").string(), nan = (folder / "nan.safetensors").string();
  EXPECT_THAT(refusal(lora, "o.gguf", {.type = "q8_0"}), HasSubstr("got q8_0 for a LoRA, need f32, f16 or bf16"));
  EXPECT_EQ(refusal(lora, "o.gguf", {.type = "f16"}), "it passed");
  EXPECT_THAT(refusal(nan, "n.gguf", {.type = "q8_0"}), HasSubstr("\"mid.weight\": holds NaN or infinity"));
  EXPECT_EQ(refusal(nan, "n.gguf", {.type = "f16"}), "it passed");
  EXPECT_THAT(refusal("starter", "o.safetensors", {.type = "q8_0"}), HasSubstr("safetensors files have no q8_0"));
  EXPECT_THAT(refusal("starter", "o.gguf", {.type = "f8_e4m3"}), HasSubstr("GGUF files have no f8_e4m3"));
  EXPECT_THAT(refusal("starter", "o.gguf", {.type = "q8_1"}), HasSubstr("did you mean \"q8_0\"?"));
  EXPECT_THAT(refusal("starter", "o.ckpt", {}), HasSubstr("the ending tells the format"));
  EXPECT_THAT(refusal("starter", "o.ckpt", {.format = "onnx"}),
              HasSubstr("got \"onnx\", need safetensors, gguf or diffusers"));
}

TEST_F(Convert, StoppingLeavesWhatWasThere) {
  std::ofstream(folder / "out.gguf") << "old";
  int told = 0;
  const auto done = engine.convert("starter", folder / "out.gguf", {.type = "q8_0"},
                                   [&told](const FileProgress&) { return ++told == 20 ? Go::stop : Go::on; });
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, ErrorCode::cancelled);
  EXPECT_EQ(told, 20);
  EXPECT_EQ(content("out.gguf"), "old");
  EXPECT_EQ(std::distance(fs::directory_iterator(folder), {}), 1);
}

TEST(ConvertRules, KnowWhatOnlyTrainingReads) {
  for (const char* name : {"model_ema.a", "betas", "cond_stage_model.model.logit_scale", "optimizer_states.0.exp_avg",
                           "cond_stage_model.transformer.text_model.embeddings.position_ids"}) {
    EXPECT_TRUE(only_for_training(name)) << name;
  }
  for (const char* name :
       {"model.diffusion_model.out.2.weight", "v_pred", "ztsnr", "edm_sigma", "a.alpha", "a.mybetas"}) {
    EXPECT_FALSE(only_for_training(name)) << name;
  }
}

TEST(ConvertRules, KeepWhatPicturesDependOn) {
  const Shape matrix{64, 64};
  for (const char* name : {"model.diffusion_model.input_blocks.1.1.transformer_blocks.0.attn1.to_out.0.weight",
                           "double_blocks.0.img_attn.qkv.weight", "layers.0.feed_forward.w1.weight",
                           "cond_stage_model.transformer.text_model.encoder.layers.0.mlp.fc1.weight"}) {
    EXPECT_TRUE(bears_quantising(name, matrix)) << name;
    EXPECT_FALSE(bears_quantising(name, Shape{4096})) << name;
    EXPECT_FALSE(bears_quantising(name, Shape{8, 8})) << name;
  }
  for (const char* name :
       {"model.diffusion_model.time_embed.0.weight", "model.diffusion_model.out.2.weight",
        "model.diffusion_model.input_blocks.0.0.weight", "final_layer.linear.weight", "img_in.weight",
        "first_stage_model.decoder.mid.attn_1.q.weight", "vae.decoder.conv_in.weight",
        "cond_stage_model.transformer.text_model.embeddings.token_embedding.weight"}) {
    EXPECT_FALSE(bears_quantising(name, matrix)) << name;
  }
  EXPECT_EQ(gguf_architecture("sdxl-refiner"), "sdxl");
  EXPECT_EQ(gguf_architecture("flux-dev"), "flux");
  EXPECT_EQ(gguf_architecture(""), "unknown");
}

}  // namespace
}  // namespace pxf
