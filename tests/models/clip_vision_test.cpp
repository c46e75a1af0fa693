// CLIP against transformers' CLIPModel. files/make_clip.py wrote the weights and the cases.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "formats/safetensors.h"
#include "golden_files.h"
#include "models/vision/clip.h"
#include "support.h"

namespace pxf {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

// As its config.json has them.
constexpr const char* kConfig =
    R"({"vision_config": {"num_attention_heads": 3}, "text_config": {"num_attention_heads": 2, "hidden_act": "quick_gelu"}})";

fs::path clip_file(const char* name) { return fs::path(PIXELFORGE_SOURCE_DIR) / "tests/models/files" / name; }

class ClipAsTransformers : public testing::TestWithParam<const char*> {
 protected:
  std::vector<float> values(const char* name) {
    const Weight weight = Catalog(cases_).weight(name);
    std::vector<float> out(static_cast<std::size_t>(weight.shape().numel()));
    weight.read_f32(0, out);
    return out;
  }
  Shape shape(const char* name) { return Catalog(cases_).shape(name); }

  test::Computer on_{GetParam()};
  std::shared_ptr<const TensorSource> cases_ = value_or_throw(open_safetensors(clip_file("clip_cases.safetensors")));
  Catalog file_{value_or_throw(open_safetensors(clip_file("clip.safetensors")))};
};

TEST_P(ClipAsTransformers, GivesTheSameRowsForPicturesAndTexts) {
  const vision::Clip clip(file_, kConfig);
  EXPECT_EQ(clip.side(), 32);
  const Tensor pixels = channels_last(on_.ctx.from(values("pixels"), shape("pixels")));
  test::expect_close(clip.of_pictures(pixels).span<float>(), values("vision"), 1e-4);
  const std::vector<float> ids = values("ids");
  const Tensor tokens = on_.ctx.from(std::vector<std::int32_t>(ids.begin(), ids.end()), shape("ids"));
  test::expect_close(clip.of_texts(tokens).span<float>(), values("text"), 1e-4);
}

TEST_P(ClipAsTransformers, ReadsHeadsAndActivationFromTheConfig) {
  const auto with = [&](const char* config) {
    const Tensor pixels = channels_last(on_.ctx.from(values("pixels"), shape("pixels")));
    const Tensor out = vision::Clip(file_, config).of_pictures(pixels);
    return std::vector<float>(out.span<float>().begin(), out.span<float>().end());
  };
  EXPECT_NE(with(R"({"vision_config": {"num_attention_heads": 1}})"), with(kConfig));
  EXPECT_NE(with(R"({"vision_config": {"num_attention_heads": 3, "hidden_act": "gelu"}})"), with(kConfig));
}

TEST_P(ClipAsTransformers, SaysWhatIsNoClip) {
  try {
    vision::Clip(Catalog(value_or_throw(open_safetensors(clip_file("taesd.safetensors")))), "");
    FAIL() << "took a VAE";
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.error().code, ErrorCode::unsupported);
    EXPECT_THAT(failure.error().text(), HasSubstr("is no CLIP model"));
  }
}

INSTANTIATE_TEST_SUITE_P(Backends, ClipAsTransformers, testing::Values("reference", "cpu"));

}  // namespace
}  // namespace pxf
