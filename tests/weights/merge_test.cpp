// The arithmetic of each way to merge, against numbers worked out by hand.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "base/error.h"
#include "weights/block_label.h"
#include "weights/blocks.h"
#include "weights/compare.h"
#include "weights/merge/method.h"

namespace pxf {
namespace {

using testing::ElementsAre;
using testing::FloatEq;
using testing::FloatNear;
using testing::HasSubstr;
using testing::Pointwise;

Weight weight(const std::vector<float>& values) { return Weight::of(values, Shape{std::ssize(values)}); }

std::vector<float> all_of(const MergedElements& merged, std::int64_t count) {
  std::vector<float> out(static_cast<std::size_t>(count));
  merged->prepare();
  merged->read(0, out);
  return out;
}

MergeInputs inputs(std::vector<std::vector<float>> models, std::vector<double> weights,
                   const std::vector<float>& base = {}) {
  MergeInputs out{.name = "t", .models = {}, .weights = std::move(weights)};
  for (const auto& model : models) out.models.push_back(weight(model));
  if (!base.empty()) out.base = weight(base);
  return out;
}

TEST(Merging, WeightedSumIsTheMean) {
  EXPECT_THAT(all_of(weighted_sum(inputs({{1, 2}, {3, -6}}, {0.6, 0.4})), 2),
              ElementsAre(FloatEq(1.8f), FloatEq(-1.2f)));
}

TEST(Merging, AddDifferenceAddsWhatTheOthersLearnt) {
  EXPECT_THAT(all_of(add_difference(inputs({{1, 2}, {3, 4}, {0, 8}}, {1, 0.5, 0.25}, {1, 0})), 2),
              ElementsAre(FloatEq(1.75f), FloatEq(6)));
}

TEST(Merging, SlerpWalksTheGreatCircle) {
  const auto third = all_of(slerp(inputs({{1, 0}, {0, 1}}, {2.0 / 3, 1.0 / 3})), 2);
  EXPECT_THAT(third, ElementsAre(FloatEq(0.8660254f), FloatEq(0.5f)));  // a third of 90 degrees
  EXPECT_THAT(all_of(slerp(inputs({{1, 2}, {2, 4}}, {0.5, 0.5})), 2), ElementsAre(1.5f, 3));
  EXPECT_THAT(all_of(slerp(inputs({{0, 0}, {2, 4}}, {0.5, 0.5})), 2), ElementsAre(1, 2));
}

// A keeps -2 and 3, B keeps 2 and 3; the second element's sum is 1: B's sign.
TEST(Merging, TiesTrimsElectsAndAveragesThoseThatAgree) {
  MergeInputs two = inputs({{2, -1, 1.1f, 4}, {3, 4, 0.9f, 0}}, {1, 1}, {1, 1, 1, 1});
  two.density = 0.5;
  EXPECT_THAT(all_of(ties(two), 4), ElementsAre(3, 4, 1, 4));
  two.strength = 0.5;
  EXPECT_THAT(all_of(ties(two), 4), ElementsAre(2, 2.5f, 1, 2.5f));
  two.strength = 1;
  two.weights = {2, 1};  // -4 + 3: now A's sign
  EXPECT_THAT(all_of(ties(two), 4), ElementsAre(3, -1, 1, 4));
  two.density = 1;  // the first is 1 + (2 * 1 + 2) / 3
  EXPECT_THAT(all_of(ties(two), 4), ElementsAre(FloatEq(1 + 4.0f / 3), -1, FloatNear(1.1f, 1e-6f), 4));
}

// What is kept is found by counting digits of magnitudes; here it is found by sorting.
TEST(Merging, TiesKeepsTheLargestOfManyElements) {
  std::vector<float> model(200'000), base(model.size());
  for (std::size_t i = 0; i < model.size(); ++i)
    model[i] = std::sin(static_cast<float>(i)) * std::exp2(float(i % 40) - 30);
  MergeInputs one = inputs({model}, {1}, base);
  one.density = 0.3;
  ThreadPool pool(3);
  one.pool = &pool;
  const std::vector<float> merged = all_of(ties(one), std::ssize(model));
  std::vector<float> sorted = model;
  std::ranges::sort(sorted, std::greater(), [](float v) { return std::abs(v); });
  const float least = std::abs(sorted[59'999]);
  for (std::size_t i = 0; i < model.size(); ++i) ASSERT_EQ(merged[i], std::abs(model[i]) < least ? 0 : model[i]) << i;
}

TEST(Merging, DareKeepsAShareByChanceAndMakesUpForIt) {
  constexpr std::size_t kCount = 100'000;
  MergeInputs one = inputs({std::vector<float>(kCount, 3)}, {0.5}, std::vector<float>(kCount, 1));
  one.density = 0.25;
  const std::vector<float> merged = all_of(dare(one), kCount);
  const auto kept = static_cast<double>(std::ranges::count(merged, 5.0f));  // 1 + 0.5 * 2 / 0.25
  EXPECT_EQ(kept + static_cast<double>(std::ranges::count(merged, 1.0f)), kCount);
  EXPECT_NEAR(kept / kCount, 0.25, 0.005);  // 3.6 standard deviations

  // In whichever pieces it is read.
  std::vector<float> piece(1001);
  dare(one)->read(777, piece);
  EXPECT_TRUE(std::ranges::equal(piece, std::span(merged).subspan(777, piece.size())));
  MergeInputs other = one;
  other.seed = 1;
  EXPECT_NE(all_of(dare(other), kCount), merged);
  other = one;
  other.name = "u";
  EXPECT_NE(all_of(dare(other), kCount), merged);
  other = one;
  other.density = 1;
  EXPECT_THAT(all_of(dare(other), kCount), testing::Each(2.0f));
}

TEST(Merging, ComparingGivesDistancesAndAngles) {
  const Comparison c = compare(weight({3, 0, 0}), weight({3, 4, 0}), nullptr);
  EXPECT_EQ(c.aa, 9);
  EXPECT_EQ(c.bb, 25);
  EXPECT_EQ(c.ab, 9);
  EXPECT_EQ(c.dd, 16);
  EXPECT_EQ(c.largest, 4);
  EXPECT_FALSE(c.equal);
  EXPECT_TRUE(compare(weight({1, 2}), weight({1, 2}), nullptr).equal);
  EXPECT_FALSE(compare(weight({1, NAN}), weight({1, 2}), nullptr).finite);
}

TEST(Blocks, AreNamedAndListed) {
  const BlockValues named = read_block_values("IN=0.3, M00=1,OUT05=-2,IN04=0.5");
  EXPECT_EQ(named[0], std::nullopt);
  EXPECT_EQ(named[block_of("model.diffusion_model.input_blocks.3.0.op.weight")], 0.3);
  EXPECT_EQ(named[block_of("model.diffusion_model.input_blocks.4.0.x")], 0.5);
  EXPECT_EQ(named[block_of("model.diffusion_model.middle_block.1.x")], 1);
  EXPECT_EQ(named[block_of("model.diffusion_model.output_blocks.5.0.x")], -2);
  EXPECT_EQ(named[block_of("model.diffusion_model.output_blocks.6.0.x")], std::nullopt);
  EXPECT_EQ(block_of("model.diffusion_model.time_embed.0.weight"), 0u);

  std::string list = "0";
  for (int i = 1; i < 26; ++i) list += "," + std::to_string(i);
  EXPECT_EQ(read_block_values(list)[25], 25);
  list = "0";
  for (int i = 1; i < 20; ++i) list += "," + std::to_string(i);
  const BlockValues sdxl = read_block_values(list);
  EXPECT_EQ(sdxl[kFirstInput + 8], 9);
  EXPECT_EQ(sdxl[kMiddle], 10);
  EXPECT_EQ(sdxl[kFirstOutput], 11);
  EXPECT_EQ(sdxl[kFirstOutput + 9], std::nullopt);
}

TEST(Blocks, UnknownOnesAreNamedWithTheNearest) {
  const auto refusal = [](const char* text) {
    const auto done = catch_errors([&] { return read_block_values(text); });
    return done ? "it passed" : done.error().text();
  };
  EXPECT_THAT(refusal("OUT5=1"), HasSubstr("did you mean \"OUT05\"?"));
  EXPECT_THAT(refusal("IN04=a"), HasSubstr("got \"a\""));
  EXPECT_THAT(refusal("1,2,3"), HasSubstr("got 3 numbers, need 26"));
  EXPECT_THAT(refusal("IN04=1,2"), HasSubstr("need NAME=NUMBER"));
}

TEST(Blocks, HaveNamesInEveryModel) {
  const std::pair<const char*, const char*> cases[] = {
      {"model.diffusion_model.input_blocks.11.0.in_layers.0.weight", "IN11"},
      {"model.diffusion_model.time_embed.0.weight", "time_embed"},
      {"model.diffusion_model.double_blocks.7.img_attn.qkv.weight", "double_blocks.07"},
      {"cond_stage_model.transformer.text_model.encoder.layers.3.mlp.fc1.weight", "TE03"},
      {"conditioner.embedders.1.model.transformer.resblocks.31.ln_1.bias", "TE2.31"},
      {"cond_stage_model.transformer.text_model.final_layer_norm.weight", "TE.ends"},
      {"first_stage_model.decoder.up.3.block.0.conv1.weight", "decoder.up.03"},
      {"first_stage_model.decoder.mid.block_1.conv1.weight", "decoder.mid"},
      {"first_stage_model.quant_conv.weight", "quant_conv"},
      {"lora_unet_down_blocks_1_attentions_0_proj_in", "lora_unet_down_blocks_01"},
      {"lora_te_text_model_encoder_layers_0_mlp_fc1", "lora_te_text_model_encoder_layers_00"},
  };
  for (const auto& [tensor, block] : cases) EXPECT_EQ(block_label(tensor), block);
}

}  // namespace
}  // namespace pxf
