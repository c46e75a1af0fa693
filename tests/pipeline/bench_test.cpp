// Where bench says that the time goes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <vector>

#include "ops/attention.h"
#include "ops/linear.h"
#include "pipeline/bench_profile.h"
#include "support.h"

namespace pxf {
namespace {

Weight named(const std::string& name, const Shape& shape) {
  static const std::vector<float> zeros(1 << 12);
  const Bytes bytes = std::as_bytes(std::span(zeros)).first(static_cast<std::size_t>(shape.numel()) * sizeof(float));
  return Weight(bytes, DType::f32, shape, nullptr, {}, name);
}

BenchReport profiled_starter() {
  Engine engine;
  BenchOptions options;
  options.width = options.height = 64;
  options.repeats = 1;
  options.profile = true;
  return value_or_throw(engine.bench(value_or_throw(engine.open("starter")), options));
}

TEST(Profile, CountsOperandsWeightsAndResultOnce) {
  test::Computer on("reference");
  OpProfile profile;
  on.ctx.set_profile(&profile);
  const Weight weight = named("net.proj.weight", {5, 3}), bias = named("net.proj.bias", {5});
  linear(on.ctx.full({2, 3}, 1), weight, &bias);
  ASSERT_EQ(profile.rows().size(), 1u);
  EXPECT_EQ(profile.rows()[0].layer, "net.proj");
  EXPECT_EQ(profile.rows()[0].bytes, 4 * (2 * 3 + 5 * 3 + 5 + 2 * 5));
}

TEST(Profile, AttentionBelongsToTheScopeOfTheLayerBeforeIt) {
  test::Computer on("reference");
  OpProfile profile;
  on.ctx.set_profile(&profile);
  const Tensor q = linear(on.ctx.full({1, 2, 4}, 1), named("block.attn1.to_q.weight", {4, 4}), nullptr);
  attention(q, q, q, 1);
  ASSERT_EQ(profile.rows().size(), 2u);
  EXPECT_EQ(profile.rows()[1].layer, "block.attn1");
}

TEST(Profile, ABlockIsWhatRepeats) {
  EXPECT_EQ(block_of("input_blocks.4.1.transformer_blocks.0.attn1.to_q"), "input_blocks.4");
  EXPECT_EQ(block_of("decoder.mid.attn_1.q"), "decoder.mid.attn_1");
  EXPECT_EQ(block_of("embedders.0.transformer.encoder.layers.3.mlp.fc1"), "embedders.0.transformer.encoder.layers.3");
  EXPECT_EQ(block_of("decoder.conv_in"), "decoder.conv_in");
}

TEST(Bench, LayersBlocksAndOpsEachAddUpToWhatThePartTook) {
  OpProfile profile;
  const Weight first = named("net.blocks.0.a.weight", {1}), second = named("net.blocks.1.a.weight", {1});
  profile.add(&first, "conv2d", "fast", 1, 0, 0);
  profile.add(&second, "conv2d", "fast", 2, 0, 0);
  BenchReport report;
  add_profile(report, "unet.step", profile, 5);
  for (const auto* rows : {&report.layers, &report.blocks, &report.ops, &report.parts}) {
    double seconds = 0;
    for (const auto& row : *rows) seconds += row.seconds;
    EXPECT_DOUBLE_EQ(seconds, 5);
  }
  EXPECT_EQ(report.ops.at(0).seconds, 3);  // those that take longest first
  EXPECT_EQ(report.ops.at(1).op, "other");
}

TEST(Bench, ProfilesATextAStepAndADecode) {
  std::vector<std::string> parts;
  const BenchReport report = profiled_starter();
  for (const auto& part : report.parts) parts.push_back(part.part);
  EXPECT_EQ(parts, (std::vector<std::string>{"text.encode", "unet.step", "vae.decode"}));
}

TEST(Bench, ProfileNamesTheLayersAsTheFileDoes) {
  const BenchReport report = profiled_starter();
  std::set<std::string> layers, blocks;
  for (const auto& row : report.layers) layers.insert(row.layer), blocks.insert(row.block);
  EXPECT_TRUE(layers.contains("model.diffusion_model.input_blocks.1.0.in_layers.2"));
  EXPECT_TRUE(blocks.contains("input_blocks.1"));
  EXPECT_TRUE(blocks.contains("decoder.mid.attn_1"));
}

TEST(Bench, WithoutProfileHasNone) {
  Engine engine;
  BenchOptions options;
  options.width = options.height = 64;
  options.repeats = 1;
  const BenchReport report = value_or_throw(engine.bench(value_or_throw(engine.open("starter")), options));
  EXPECT_TRUE(report.layers.empty());
  EXPECT_TRUE(report.kernels.empty());
}

TEST(Bench, SwapTimesTheFirstPictureAndTheNextOfBoth) {
  Engine engine;
  BenchOptions options;
  options.width = options.height = 64;
  options.repeats = 1;
  options.swap = "starter-pixel";
  const BenchReport report = value_or_throw(engine.bench(value_or_throw(engine.open("starter")), options));
  for (const char* name : {"swap.first", "swap.again"}) {
    const auto row = std::ranges::find(report.rows, name, &BenchRow::name);
    ASSERT_NE(row, report.rows.end()) << name;
    EXPECT_EQ(row->seconds.size(), 2u);
  }
}

}  // namespace
}  // namespace pxf
