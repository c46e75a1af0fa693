// An engine that takes names alone: a path is no name, whether a file is there or not.
#include <gmock/gmock.h>

#include "base/error.h"
#include "pixelforge/engine.h"

namespace pxf {
namespace {

using testing::HasSubstr;

class NamesOnly : public testing::Test {
 protected:
  const std::string there = PIXELFORGE_SOURCE_DIR "/assets/starter/lora/neon.safetensors";
  const std::string absent = PIXELFORGE_SOURCE_DIR "/assets/starter/lora/nobody.safetensors";
  Engine engine{EngineOptions{.names_only = true}};
  Checkpoint starter = value_or_throw(engine.open("starter"));
  Request request = {.prompt = "a boat", .width = 64, .height = 64, .steps = 1, .seed = 3};

  /// What is said of a request in which `path` stands where `put` puts it, without the path itself.
  template <class Put>
  std::string said(const std::string& path, const Put& put) {
    Request asked = request;
    put(asked, path);
    std::string text = engine.plan(starter, asked).error().text();
    EXPECT_EQ(engine.generate(starter, asked).error().text(), text);
    text.replace(text.find(path), path.size(), "PATH");
    return text.substr(0, text.find("; did you mean"));
  }
  template <class Put>
  void expect_refused(const Put& put) {
    EXPECT_EQ(said(there, put), said(absent, put));
    EXPECT_THAT(said(there, put), HasSubstr("is no name of a model here"));
  }
};

TEST_F(NamesOnly, NothingIsSaidOfWhetherACheckpointsFileIsThere) {
  for (const std::string& path : {there, absent}) {
    EXPECT_THAT(engine.open(path).error().text(), HasSubstr("is no name of a model here"));
    EXPECT_THAT(engine.open("starter", path).error().text(), HasSubstr("is no name of a model here"));
  }
}

TEST_F(NamesOnly, LorasAreNamedBesideThePrompt) {
  expect_refused([](Request& r, const std::string& path) { r.loras = {{.name = path}}; });
  request.loras = {{.name = "neon"}};
  EXPECT_TRUE(engine.plan(starter, request).ok());
}

TEST_F(NamesOnly, LorasAreNamedInThePrompt) {
  expect_refused([](Request& r, const std::string& path) { r.prompt = "<lora:" + path + ":1>"; });
  expect_refused(
      [](Request& r, const std::string& path) { r.prompt = "{<lora:" + path + ":1>|<lora:" + path + ":2>}"; });
  request.prompt = "a boat <lora:neon:1>";
  EXPECT_TRUE(engine.plan(starter, request).ok());
}

TEST_F(NamesOnly, EmbeddingsAndThePreviewsModelAreNamed) {
  expect_refused([](Request& r, const std::string& path) { r.embeddings = {path}; });
  expect_refused([](Request& r, const std::string& path) { r.preview_model = path; });
}

TEST_F(NamesOnly, StylesAndWildcardsAreTheLibrarys) {
  request.styles_file = there;
  EXPECT_EQ(engine.plan(starter, request).error().code, ErrorCode::invalid_argument);
  request.styles_file.clear();
  request.wildcards = PIXELFORGE_SOURCE_DIR;
  EXPECT_EQ(engine.plan(starter, request).error().code, ErrorCode::invalid_argument);
}

}  // namespace
}  // namespace pxf
