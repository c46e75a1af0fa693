// Putting adapters into a model: what applies, what does not, and that taking them off leaves no trace.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <limits>

#include "formats/safetensors.h"
#include "ops/linear.h"
#include "support.h"
#include "weights/adapters/adapter_family.h"
#include "weights/adapters/apply.h"

namespace pxf {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

struct Values {
  Shape shape;
  std::vector<float> numbers;
};
using Tensors = std::map<std::string, Values>;

Values all(float value, Shape shape) {
  return {shape, std::vector<float>(static_cast<std::size_t>(shape.numel()), value)};
}

Catalog file_of(const Tensors& tensors) {
  static int serial = 0;
  const auto path = std::filesystem::path(testing::TempDir()) / fmt::format("adapter-{}.safetensors", serial++);
  std::vector<TensorView> views;
  for (const auto& [name, values] : tensors) {
    views.push_back({name, DType::f32, values.shape, std::as_bytes(std::span(values.numbers))});
  }
  value_or_throw(write_safetensors(path, views));
  return Catalog(value_or_throw(open_safetensors(path)));
}

std::shared_ptr<const Adapter> adapter_of(const Tensors& tensors) {
  return std::make_shared<const Adapter>(read_adapter(file_of(tensors)));
}

std::string problem_with(const Tensors& tensors) {
  try {
    check_finite(read_adapter(file_of(tensors)));
    return "";
  } catch (const Failure& failure) {
    return failure.error().text();
  }
}

// A UNet of two modules and a text encoder of one; every weight is 1.
struct Model {
  Weight conv_in = Weight::of(std::vector<float>(8, 1), {4, 2}), bias = Weight::of(std::vector<float>(4, 1), {4});
  Weight out = Weight::of(std::vector<float>(4, 1), {2, 2});
  Weight qkv = Weight::of(std::vector<float>(12, 1), {6, 2});
  Declarations network, text;
  ModuleNames names;

  Model() {
    network = {{"input_blocks.0.0.weight", {4, 2}, &conv_in},
               {"input_blocks.0.0.bias", {4}, &bias},
               {"out.2.weight", {2, 2}, &out}};
    text = {{"transformer.resblocks.0.attn.in_proj_weight", {6, 2}, &qkv}};
    names.add_network(network);
    names.add_text(text);
  }
};

const Tensors kConvIn = {{"lora_unet_conv_in.lora_up.weight", all(1, {4, 1})},
                         {"lora_unet_conv_in.lora_down.weight", all(2, {1, 2})}};

TEST(Adapters, ChangeTheWeightsTheyNameAndNoOthers) {
  Model model;
  const AdapterUse use{adapter_of(kConvIn), 0.5, 1};
  const AppliedAdapters applied = apply_adapters(model.names, std::span(&use, 1), nullptr);
  EXPECT_THAT(model.conv_in.f32(), ElementsAre(2, 2, 2, 2, 2, 2, 2, 2));
  EXPECT_THAT(model.out.f32(), testing::Each(1));
  EXPECT_EQ(applied.reports().at(0).applied, 1);
  EXPECT_EQ(applied.reports().at(0).total, 1);
}

TEST(Adapters, TakenOffTheyLeaveTheVeryWeightsThatWereThere) {
  Model model;
  const float* before = model.conv_in.f32().data();
  const AdapterUse use{adapter_of(kConvIn)};
  AppliedAdapters applied = apply_adapters(model.names, std::span(&use, 1), nullptr);
  EXPECT_NE(model.conv_in.f32().data(), before);
  applied.take_off();
  EXPECT_EQ(model.conv_in.f32().data(), before);
}

TEST(Adapters, AStrengthOfZeroLeavesTheWeightsAsTheyAre) {
  Model model;
  const float* before = model.conv_in.f32().data();
  const AdapterUse use{adapter_of(kConvIn), 0, 1};
  const AppliedAdapters applied = apply_adapters(model.names, std::span(&use, 1), nullptr);
  EXPECT_EQ(model.conv_in.f32().data(), before);
  EXPECT_EQ(applied.reports().at(0).applied, 1);
}

TEST(Adapters, EachThirdOfAFusedProjectionIsChangedByItself) {
  Model model;
  const AdapterUse use{
      adapter_of({{"lora_te_text_model_encoder_layers_0_self_attn_k_proj.lora_up.weight", all(1, {2, 1})},
                  {"lora_te_text_model_encoder_layers_0_self_attn_k_proj.lora_down.weight", all(1, {1, 2})}}),
      1, 2};
  apply_adapters(model.names, std::span(&use, 1), nullptr);
  EXPECT_THAT(model.qkv.f32(), ElementsAre(1, 1, 1, 1, 3, 3, 3, 3, 1, 1, 1, 1));
}

// A text encoder's layers act with the LoRA's terms instead of merging them; whoever reads the weight sees it merged.
TEST(Adapters, ATextEncodersLayerActsAsItsMergedWeightWould) {
  const auto ramp = [](Shape shape, float step) {
    Values out = all(0, shape);
    for (std::size_t i = 0; i < out.numbers.size(); ++i) out.numbers[i] = std::sin(step * static_cast<float>(i));
    return out;
  };
  const std::string module = "lora_te_text_model_encoder_layers_0_mlp_fc1.";
  const auto lora = [&](float step) {
    return adapter_of({{module + "lora_up.weight", ramp({12, 2}, step)},
                       {module + "lora_down.weight", ramp({2, 8}, step)},
                       {module + "alpha", all(1, {})}});
  };
  Weight fc1 = Weight::of(ramp({12, 8}, 0.7f).numbers, {12, 8});
  const Weight bias = Weight::of(ramp({12}, 0.2f).numbers, {12}), original = fc1;
  const Declarations network, text = {{"encoder.layers.0.mlp.fc1.weight", {12, 8}, &fc1}};
  ModuleNames names;
  names.add_network(network);
  names.add_text(text);
  const std::array uses{AdapterUse{lora(0.3f), 1, 0.8}, AdapterUse{lora(1.1f), 1, -0.5}};
  apply_adapters(names, uses, nullptr);
  ASSERT_NE(fc1.low_rank(), nullptr);

  test::Computer on("cpu");
  const Tensor x = on.ctx.from(ramp({5, 8}, 0.9f).numbers, {5, 8});
  const Tensor got = linear(x, fc1, &bias), merged = linear(x, Weight::of(fc1.f32(), fc1.shape()), &bias);
  const Tensor before = linear(x, original, &bias);
  float error = 0, change = 0;
  for (std::size_t i = 0; i < 60; ++i) {
    error = std::max(error, std::abs(got.f32()[i] - merged.f32()[i]));
    change = std::max(change, std::abs(got.f32()[i] - before.f32()[i]));
  }
  EXPECT_LT(error, 1e-6f);
  EXPECT_GT(change, 0.1f);
}

TEST(Adapters, ABiasIsChangedWithItsWeightOrAlone) {
  Model model;
  const AdapterUse use{adapter_of({{"lora_unet_conv_in.diff_b", all(0.5, {4})}})};
  const AppliedAdapters applied = apply_adapters(model.names, std::span(&use, 1), nullptr);
  EXPECT_THAT(model.bias.f32(), testing::Each(1.5f));
  EXPECT_EQ(applied.reports().at(0).applied, 1);
}

// Rows are merged as they are read where a kind allows it (LoRA), whole weights where it does not (LoHa, DoRA).
TEST(Adapters, ReadInPartsAWeightIsTheSameAsInOne) {
  Tensors loha, dora = kConvIn;
  for (const char* factor : {"hada_w1_a", "hada_w2_a"})
    loha[fmt::format("lora_unet_conv_in.{}", factor)] = all(2, {4, 1});
  for (const char* factor : {"hada_w1_b", "hada_w2_b"})
    loha[fmt::format("lora_unet_conv_in.{}", factor)] = {{1, 2}, {1, 3}};
  dora["lora_unet_conv_in.dora_scale"] = {{4, 1}, {1, 2, 3, 4}};
  for (const Tensors& tensors : {kConvIn, loha, dora}) {
    Model model;
    const std::array uses{AdapterUse{adapter_of(kConvIn), 0.25}, AdapterUse{adapter_of(tensors), 0.5}};
    apply_adapters(model.names, uses, nullptr);
    std::vector<float> whole(8), parts(8);
    model.conv_in.read_f32(0, whole);
    EXPECT_NE(whole, std::vector<float>(8, 1));
    for (std::int64_t i = 0; i < 8; i += 1)
      model.conv_in.read_f32(i, std::span(parts).subspan(static_cast<std::size_t>(i), 1));
    EXPECT_EQ(parts, whole);
    model.conv_in.read_f32(3, std::span(parts).first(4));
    EXPECT_TRUE(std::equal(parts.begin(), parts.begin() + 4, whole.begin() + 3));
    EXPECT_EQ(model.conv_in.f32()[5], whole[5]);
    model.conv_in.forget_forms();
    EXPECT_EQ(model.conv_in.f32()[5], whole[5]);
    EXPECT_EQ(model.conv_in.bytes().size(), 8 * sizeof(float));
  }
}

TEST(Adapters, WhatDoesNotApplyIsNamed) {
  Model model;
  Tensors tensors = kConvIn;
  tensors["lora_unet_elsewhere.lora_up.weight"] = all(1, {4, 1});
  tensors["lora_unet_elsewhere.lora_down.weight"] = all(1, {1, 2});
  tensors["lora_unet_conv_out.lora_up.weight"] = all(1, {3, 1});
  tensors["lora_unet_conv_out.lora_down.weight"] = all(1, {1, 2});
  tensors["rider"] = all(1, {1});
  const AdapterUse use{adapter_of(tensors)};
  const AdapterReport report = apply_adapters(model.names, std::span(&use, 1), nullptr).reports().at(0);
  EXPECT_EQ(report.applied, 1);
  EXPECT_EQ(report.total, 4);
  EXPECT_THAT(report.unknown, ElementsAre("lora_unet_elsewhere", "rider"));
  EXPECT_THAT(report.wrong_shape, ElementsAre("\"lora_unet_conv_out\": lora_up: got (3, 1), need (2, 1)"));
}

TEST(Adapters, DamagedOrEmptyOnesAreRefusedByName) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  Tensors half = kConvIn, not_a_number = kConvIn, no_alpha = kConvIn, no_rank = kConvIn, twice = kConvIn,
          many = kConvIn;
  half.erase("lora_unet_conv_in.lora_down.weight");
  not_a_number["lora_unet_conv_in.lora_up.weight"].numbers[1] = nan;
  no_alpha["lora_unet_conv_in.alpha"] = all(0, {});
  no_rank["lora_unet_conv_in.lora_up.weight"] = all(1, {4, 0});
  twice["lora_unet_conv_in.lora_B.weight"] = all(1, {4, 1});
  many["lora_unet_conv_in.alpha"] = all(1, {2});
  EXPECT_THAT(problem_with(half),
              HasSubstr("\"lora_unet_conv_in\" has lora_up but no lora_down; the file is incomplete"));
  EXPECT_THAT(problem_with(not_a_number), HasSubstr("\"lora_unet_conv_in.lora_up.weight\" holds NaN or infinity"));
  EXPECT_THAT(problem_with(no_alpha), HasSubstr("\"lora_unet_conv_in\" has an alpha of 0"));
  EXPECT_THAT(problem_with(no_rank), HasSubstr("\"lora_unet_conv_in.lora_up.weight\" has no elements: a rank of 0"));
  EXPECT_THAT(problem_with(twice), HasSubstr("say the same of one weight"));
  EXPECT_THAT(problem_with(many), HasSubstr("has shape (2), need one number"));
  EXPECT_THAT(problem_with({{"lora_unet_conv_in.alpha", all(nan, {})},
                            {"lora_unet_conv_in.lora_up.weight", all(1, {4, 1})},
                            {"lora_unet_conv_in.lora_down.weight", all(1, {1, 2})}}),
              HasSubstr("\"lora_unet_conv_in.alpha\" is nan, need a number"));
  EXPECT_THAT(problem_with({{"x.hada_w1_a", all(1, {4, 1})}}), HasSubstr("has hada_w1_a but no hada_w1_b"));
  EXPECT_THAT(problem_with({{"x.lokr_w1", all(1, {4, 1})}}), HasSubstr("has lokr_w1 but no lokr_w2_a"));
  EXPECT_THAT(problem_with({{"x.dora_scale", all(1, {4, 1})}}), HasSubstr("has dora_scale alone"));
}

TEST(Adapters, TellWhichFamilyTheyWereMadeFor) {
  struct Case {
    const char* target;
    std::int64_t width;
    const char* family;
  };
  for (const auto& [target, width, family] :
       {Case{"lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn2_to_k", 768, "sd1"},
        Case{"unet.down_blocks.0.attentions.0.transformer_blocks.0.attn2.to_v", 1024, "sd2"},
        Case{"lora_unet_input_blocks_4_1_transformer_blocks_0_attn2_to_k", 2048, "sdxl"},
        Case{"lora_te2_text_model_encoder_layers_0_mlp_fc1", 1280, "sdxl"},
        Case{"lora_unet_double_blocks_0_img_attn_proj", 3072, "flux1"},
        Case{"lora_unet_up_blocks_3_resnets_0_conv1", 64, "sd1"}, Case{"something.else", 8, ""}}) {
    const auto adapter = adapter_of({{fmt::format("{}.lora_up.weight", target), all(1, {4, 1})},
                                     {fmt::format("{}.lora_down.weight", target), all(1, {1, width})}});
    EXPECT_EQ(family_of(*adapter).family, family) << target;
  }
}

}  // namespace
}  // namespace pxf
