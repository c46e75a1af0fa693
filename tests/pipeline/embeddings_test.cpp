// Textual inversion embeddings in pictures. The vectors are rows of the starter's own table of tokens, so that a prompt
// with the embedding must give the very bytes of the prompt with those tokens' words.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "base/error.h"
#include "formats/safetensors.h"
#include "pixelforge/engine.h"
#include "tensor/widen.h"
#include "text/clip_tokenizer.h"

namespace pxf {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using Pixels = std::vector<std::uint8_t>;

struct Table {
  std::vector<float> rows;
  Shape shape;
};

/// The token vectors of these words, as the starter has them.
Table rows_of(const std::string& words) {
  const auto source =
      value_or_throw(open_safetensors(fs::path(PIXELFORGE_SOURCE_DIR) / "assets/starter/starter.safetensors"));
  const std::string name = "cond_stage_model.transformer.text_model.embeddings.token_embedding.weight";
  const TensorInfo& info = *source->find(name);
  std::vector<float> all(static_cast<std::size_t>(info.shape.numel()));
  widen_to_f32(source->bytes(name), info.dtype, all);
  const auto width = static_cast<std::ptrdiff_t>(info.shape.dim(1));
  Table out;
  const auto ids = ClipTokenizer().encode(words);
  for (const std::int32_t id : ids) {
    out.rows.insert(out.rows.end(), all.begin() + id * width, all.begin() + (id + 1) * width);
  }
  out.shape = {static_cast<std::int64_t>(ids.size()), info.shape.dim(1)};
  return out;
}

std::string save(const std::string& file_name, const std::string& tensor, const Table& table) {
  const fs::path path = fs::path(testing::TempDir()) / file_name;
  value_or_throw(write_safetensors(
      path, std::vector<TensorView>{{tensor, DType::f32, table.shape, std::as_bytes(std::span(table.rows))}}));
  return path.string();
}

Request request_of(const std::string& prompt) {
  Request request;
  request.prompt = prompt;
  request.width = request.height = 64;
  request.steps = 2;
  request.seed = 42;
  return request;
}

Picture draw(const Request& request) {
  Engine engine;
  return value_or_throw(engine.generate(value_or_throw(engine.open("starter")), request)).at(0);
}

Pixels pixels_of(const Request& request) { return draw(request).image.pixels; }

Error error_of(const Request& request) {
  Engine engine;
  auto plan = engine.plan(value_or_throw(engine.open("starter")), request);
  return plan.ok() ? Error{ErrorCode::internal, "no error", {}} : plan.error();
}

TEST(Embeddings, DrawWhatTheirVectorsWordsDraw) {
  const std::string file = save("zorgle.safetensors", "emb_params", rows_of("red apple"));
  Request with = request_of("a photo, Zorgle on a (zorgle:1.4)");
  with.embeddings = {file};
  EXPECT_EQ(pixels_of(with), pixels_of(request_of("a photo, red apple on a (red apple:1.4)")));
  with.prompt = "a boat";
  with.negative = "zorgle";
  Request plain = request_of("a boat");
  plain.negative = "red apple";
  EXPECT_EQ(pixels_of(with), pixels_of(plain));
}

TEST(Embeddings, ComfySyntaxNamesThemAfterAPrefix) {
  Request with = request_of("a embedding:zorgle2, on a beach");
  with.syntax = PromptSyntax::comfy;
  with.embeddings = {save("zorgle2.safetensors", "<zorg>", rows_of("apple"))};
  Request plain = request_of("a apple, on a beach");
  plain.syntax = PromptSyntax::comfy;
  EXPECT_EQ(pixels_of(with), pixels_of(plain));
  with.prompt = "a embedding:zargle";
  const Error error = error_of(with);
  EXPECT_EQ(error.code, ErrorCode::not_found);
  EXPECT_THAT(error.text(), HasSubstr("zargle"));
}

TEST(Embeddings, OfAFolderThoseThatThePromptNames) {
  const fs::path folder = fs::path(testing::TempDir()) / "embeddings_test";
  fs::create_directories(folder);
  save("embeddings_test/blorp.safetensors", "emb_params", rows_of("apple"));
  save("embeddings_test/misfit.safetensors", "emb_params", {std::vector<float>(8), {2, 4}});
  Request with = request_of("a blorp");
  with.embeddings = {folder.string()};
  EXPECT_EQ(pixels_of(with), pixels_of(request_of("a apple")));
}

TEST(Embeddings, StandInTheParametersWithTheirHash) {
  const std::string file = save("zorgle3.safetensors", "emb_params", rows_of("red apple"));
  Request with = request_of("a zorgle3");
  with.embeddings = {file};
  Engine engine;
  const Plan plan = value_or_throw(engine.plan(value_or_throw(engine.open("starter")), with));
  ASSERT_EQ(plan.embeddings.size(), 1u);
  EXPECT_EQ(plan.embeddings[0].vectors, 2);
  EXPECT_EQ(plan.embeddings[0].hash.size(), 12u);
  EXPECT_THAT(draw(with).parameters, HasSubstr("TI hashes: \"zorgle3: " + plan.embeddings[0].hash + "\""));
}

TEST(Embeddings, ThatNoPromptNamesAreLeftOutAndTold) {
  Request with = request_of("a boat");
  with.embeddings = {save("zorgle4.safetensors", "emb_params", rows_of("apple"))};
  Engine engine;
  const Plan plan = value_or_throw(engine.plan(value_or_throw(engine.open("starter")), with));
  EXPECT_THAT(plan.embeddings.at(0).left_out, HasSubstr("no prompt names it"));
  EXPECT_EQ(pixels_of(with), pixels_of(request_of("a boat")));
}

TEST(Embeddings, OfAnotherFamilyAreRefusedWithBothNames) {
  Request with = request_of("a zorgle5");
  with.embeddings = {save("zorgle5.safetensors", "emb_params", {std::vector<float>(1024), {1, 1024}})};
  const Error error = error_of(with);
  EXPECT_EQ(error.code, ErrorCode::unsupported);
  EXPECT_THAT(error.text(), HasSubstr("zorgle5.safetensors"));
  EXPECT_THAT(error.text(), HasSubstr("for SD 2.x with vectors of 1024 numbers, the checkpoint starter is SD 1.x"));
}

TEST(Embeddings, WhatIsNoneIsRefused) {
  Request with = request_of("a neon");
  with.embeddings = {(fs::path(PIXELFORGE_SOURCE_DIR) / "assets/starter/lora/neon.safetensors").string()};
  EXPECT_THAT(error_of(with).text(), HasSubstr("is a LoRA, need a textual inversion embedding"));
  with.embeddings = {"no-such-embedding"};
  EXPECT_EQ(error_of(with).code, ErrorCode::not_found);
}

TEST(Embeddings, ALoraMayBringThemAlong) {
  const auto lora =
      value_or_throw(open_safetensors(fs::path(PIXELFORGE_SOURCE_DIR) / "assets/starter/lora/neon.safetensors"));
  const Table apple = rows_of("apple");
  std::vector<TensorView> views;
  for (const TensorInfo& one : lora->tensors())
    views.push_back({one.name, one.dtype, one.shape, lora->bytes(one.name)});
  views.push_back({"bundle_emb.glimmer.emb_params", DType::f32, apple.shape, std::as_bytes(std::span(apple.rows))});
  const fs::path path = fs::path(testing::TempDir()) / "bundled.safetensors";
  value_or_throw(write_safetensors(path, views));
  Request with = request_of("a glimmer");
  with.loras = {{path.string()}};
  Request plain = request_of("a apple");
  plain.loras = {{"neon"}};
  EXPECT_EQ(pixels_of(with), pixels_of(plain));
}

}  // namespace
}  // namespace pxf
