// Embeddings as their programs write them. files/make_embeddings.py wrote the PyTorch ones.
#include "weights/textual_inversion.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "base/error.h"
#include "formats/open.h"
#include "formats/safetensors.h"
#include "weights/recognise.h"

namespace pxf {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

struct Named {
  std::string name;
  Shape shape;
  float first = 0;
};

Catalog file_of(const std::vector<Named>& tensors) {
  std::vector<std::vector<float>> values;
  for (const Named& one : tensors) {
    values.emplace_back(static_cast<std::size_t>(one.shape.numel()), one.first);
  }
  std::vector<TensorView> views;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    views.push_back({tensors[i].name, DType::f32, tensors[i].shape, std::as_bytes(std::span(values[i]))});
  }
  const fs::path path = fs::path(testing::TempDir()) / "embedding_test.safetensors";
  value_or_throw(write_safetensors(path, views));
  return Catalog(value_or_throw(open_tensors(path)));
}

Catalog committed(const char* name) {
  return Catalog(value_or_throw(open_tensors(fs::path(PIXELFORGE_SOURCE_DIR) / "tests/weights/files" / name)));
}

std::string refusal(const Catalog& file) {
  try {
    read_textual_inversion(file);
  } catch (const Failure& failure) {
    return failure.error().message;
  }
  return "none";
}

TEST(TextualInversion, ReadsWhatA1111AndDiffusersSave) {
  for (const char* name : {"a1111.pt", "a1111_module.pt"}) {
    SCOPED_TRACE(name);
    const TextualInversion got = read_textual_inversion(committed(name));
    EXPECT_EQ(got.vectors, 2);
    ASSERT_EQ(got.tables.size(), 1u);
    EXPECT_EQ(got.tables[0].width, 4);
    EXPECT_THAT(got.tables[0].values, ElementsAre(0.5, 1.5, 2.5, 3.5, 4.5, 5.5, 6.5, 7.5));
  }
  const TextualInversion token = read_textual_inversion(committed("learned_embeds.bin"));
  EXPECT_EQ(token.token, "<fox>");
  EXPECT_EQ(token.vectors, 1);
  EXPECT_THAT(token.tables.at(0).values, ElementsAre(0.5, 1.5, 2.5, 3.5));
}

TEST(TextualInversion, TellsTheFamilyByTheWidth) {
  const auto title = [](const std::vector<Named>& tensors) {
    const Recognised what = recognise(file_of(tensors));
    EXPECT_EQ(what.kind, FileKind::embedding);
    return what.title;
  };
  EXPECT_EQ(title({{"emb_params", {3, 768}}}), "SD 1.x");
  EXPECT_EQ(title({{"emb_params", {3, 1024}}}), "SD 2.x");
  EXPECT_EQ(title({{"clip_g", {3, 1280}}, {"clip_l", {3, 768}}}), "SDXL");
  EXPECT_EQ(title({{"<cat-toy>", {4}}}), "");
}

TEST(TextualInversion, OfSdxlTheTableOfClipComesFirst) {
  const TextualInversion got = read_textual_inversion(file_of({{"clip_g", {1, 1280}, 2}, {"clip_l", {1, 768}, 1}}));
  ASSERT_EQ(got.tables.size(), 2u);
  EXPECT_EQ(got.tables[0].values[0], 1);
  EXPECT_EQ(got.tables[1].values[0], 2);
}

TEST(TextualInversion, FindsThoseInsideALora) {
  const Catalog file = file_of({{"bundle_emb.cat.string_to_param.*", {1, 4}},
                                {"bundle_emb.fox.clip_g", {2, 8}},
                                {"bundle_emb.fox.clip_l", {2, 4}},
                                {"lora_unet_x.lora_up.weight", {4, 1}}});
  EXPECT_THAT(bundled_embeddings(file), ElementsAre("cat", "fox"));
  EXPECT_EQ(read_textual_inversion(file.under("bundle_emb.fox")).tables.size(), 2u);
  EXPECT_EQ(recognise(file).kind, FileKind::lora);
}

TEST(TextualInversion, RefusesWhatMakesNoSense) {
  EXPECT_THAT(refusal(file_of({{"emb_params", {76, 768}}})), HasSubstr("got 76 vectors, need 1 to 75"));
  EXPECT_THAT(refusal(file_of({{"emb_params", {1, 2, 3}}})), HasSubstr("need (vectors, width)"));
  EXPECT_THAT(refusal(file_of({{"clip_g", {1, 8}}, {"clip_l", {2, 4}}})), HasSubstr("got 1 vectors, need 2"));
  EXPECT_THAT(refusal(file_of({{"emb_params", {1, 4}, std::nanf("")}})), HasSubstr("NaN"));
  EXPECT_THAT(refusal(file_of({{"weight", {5, 5, 5}}})), HasSubstr("no vectors"));
}

}  // namespace
}  // namespace pxf
