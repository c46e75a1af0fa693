// What a file says of itself, and what its names and shapes say.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "formats/safetensors.h"
#include "weights/binding.h"
#include "weights/recognise.h"
#include "weights/settings.h"

namespace pxf {
namespace {

using testing::HasSubstr;

// A file of empty-handed tensors: names and shapes are all that is looked at. Bytes are zeros.
Catalog file_of(const std::vector<std::pair<std::string, Shape>>& tensors, TensorSource::Metadata metadata = {}) {
  static int serial = 0;
  const auto path = std::filesystem::path(testing::TempDir()) / fmt::format("weights-{}.safetensors", serial++);
  std::vector<std::vector<std::byte>> bytes;
  std::vector<TensorView> views;
  for (const auto& [name, shape] : tensors) bytes.emplace_back(static_cast<std::size_t>(shape.numel()));
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    views.push_back({tensors[i].first, DType::u8, tensors[i].second, bytes[i]});
  }
  value_or_throw(write_safetensors(path, views, metadata));
  return Catalog(value_or_throw(open_safetensors(path)));
}

std::string problem_with(const TensorSource::Metadata& metadata) {
  try {
    read_settings(file_of({{"a", {1}}}, metadata));
    return "";
  } catch (const Failure& failure) {
    return failure.what();
  }
}

TEST(Settings, EntriesThatNumbersDependOnAreCheckedAndNamed) {
  EXPECT_THAT(problem_with({{"pixelforge.group_norm_groups", "0"}}), HasSubstr("group_norm_groups\": got 0, need 1"));
  EXPECT_THAT(problem_with({{"pixelforge.group_norm_groups", "many"}}), HasSubstr("is not a number"));
  EXPECT_THAT(problem_with({{"pixelforge.attention_heads", "[4]"}}), HasSubstr("is not a JSON object"));
  EXPECT_THAT(problem_with({{"pixelforge.attention_heads", R"({"unet": "4"})"}}), HasSubstr("other than numbers"));
  EXPECT_THAT(problem_with({{"pixelforge.vae_scale_factor", "nan"}}), HasSubstr("vae_scale_factor"));
  EXPECT_THAT(problem_with({{"pixelforge.recommended", R"({"steps": 1e9})"}}), HasSubstr("recommended"));
  EXPECT_EQ(problem_with({{"pixelforge.latent_rgb", "broken"}}), "");  // a preview is no reason to refuse a file
}

TEST(Recognise, TellsKindsAndFamiliesByNamesAndShapes) {
  const std::string net = "model.diffusion_model.";
  struct Case {
    std::vector<std::pair<std::string, Shape>> tensors;
    FileKind kind;
    const char* family;
  };
  const std::string in = net + "input_blocks.0.0.weight", proj = net + "input_blocks.1.1.proj_in.weight";
  const std::string flux = "double_blocks.0.img_attn.norm.key_norm.scale";
  const std::string mmdit = "joint_blocks.0.context_block.adaLN_modulation.1.bias";
  for (const auto& [tensors, kind, family] : {
           Case{{{in, {8, 4, 3, 3}}, {proj, {8, 8, 1, 1}}}, FileKind::checkpoint, "sd1"},
           Case{{{in, {8, 9, 3, 3}}, {proj, {8, 8, 1, 1}}}, FileKind::checkpoint, "sd1-inpaint"},
           Case{{{in, {8, 8, 3, 3}}, {proj, {8, 8, 1, 1}}}, FileKind::checkpoint, "sd1-pix2pix"},
           Case{{{in, {8, 4, 3, 3}}, {proj, {8, 8}}}, FileKind::checkpoint, "sd2"},
           Case{{{in, {8, 4, 3, 3}}, {net + "label_emb.0.0.weight", {8, 2816}}}, FileKind::checkpoint, "sdxl"},
           Case{{{in, {8, 4, 3, 3}}, {net + "label_emb.0.0.weight", {8, 2560}}}, FileKind::checkpoint, "sdxl-refiner"},
           Case{{{"input_blocks.0.0.weight", {8, 4, 3, 3}}}, FileKind::network, "sd1"},
           Case{{{"double_blocks.0.img_attn.norm.key_norm.scale", {4}}}, FileKind::network, "flux1-schnell"},
           Case{{{flux, {4}}, {"guidance_in.in_layer.weight", {4}}}, FileKind::network, "flux1-dev"},
           Case{{{flux, {4}}, {"img_in.weight", {8, 384}}}, FileKind::network, "flux1-fill"},
           Case{{{flux, {4}}, {"single_stream_modulation.lin.weight", {4}}}, FileKind::network, "flux2-klein"},
           Case{{{net + mmdit, {4}}}, FileKind::checkpoint, "sd3"},
           Case{{{mmdit, {4}}, {"joint_blocks.0.x_block.attn.ln_q.weight", {4}}}, FileKind::network, "sd35-large"},
           Case{{{in, {8, 9, 3, 3}}, {proj, {8, 8}}}, FileKind::checkpoint, "sd2-inpaint"},
           Case{{{"blocks.0.cross_attn.q_linear.weight", {4}}}, FileKind::network, "pixart"},
           Case{{{"decoder.layers.0.weight", {4}}}, FileKind::vae, "taesd"},
           Case{{{"encoder.block.0.layer.0.SelfAttention.q.weight", {4}}}, FileKind::text_encoder, ""},
           Case{{{"lora_unet_x.lora_down.weight", {4, 8}}}, FileKind::lora, ""},
           Case{{{"first_stage_model.decoder.up.0.block.0.conv1.weight", {4}}}, FileKind::vae, ""},
           Case{{{"text_model.encoder.layers.0.mlp.fc1.weight", {4}}}, FileKind::text_encoder, ""},
           Case{{{"emb_params", {1, 4}}}, FileKind::embedding, ""},
           Case{{{"something.else", {4}}}, FileKind::unknown, ""},
       }) {
    SCOPED_TRACE(tensors.back().first);
    const Recognised got = recognise(file_of(tensors));
    EXPECT_EQ(got.kind, kind);
    EXPECT_EQ(got.family, family);
  }
}

TEST(Binding, NamesWhatIsMissingOfWrongShapeAndUnexpected) {
  const Catalog file = file_of({{"p.right", {2, 3}}, {"p.ones", {2, 3, 1, 1}}, {"p.wrong", {3, 2}}, {"q.rest", {1}}});
  Weight right, ones, wrong, missing;
  Declarations list;
  const Scope scope(list);
  scope.weight("right", {2, 3}, right);
  scope.weight("ones", {2, 3}, ones);
  scope.weight("wrong", {2, 3}, wrong);
  (scope / "deep").weight("missing", {1}, missing);
  LoadReport report;
  bind_weights(list, file.under("p"), report);
  note_unexpected(file, report);
  EXPECT_TRUE(right.defined() && ones.defined());
  EXPECT_FALSE(wrong.defined() || missing.defined());
  EXPECT_THAT(report.wrong_shape, testing::ElementsAre("\"p.wrong\": got (3, 2), need (2, 3)"));
  EXPECT_THAT(report.missing, testing::ElementsAre("\"p.deep.missing\""));
  EXPECT_THAT(report.unexpected, testing::ElementsAre("q.rest"));
  EXPECT_FALSE(report.complete());
}

}  // namespace
}  // namespace pxf
