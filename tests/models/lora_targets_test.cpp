// The names under which LoRAs address each family's weights, on models bound from real files.
#include <gtest/gtest.h>

#include "golden_files.h"
#include "models/family.h"
#include "weights/adapters/module_names.h"

namespace pxf {
namespace {

const char* const kUnet = "lora_unet_down_blocks_0_resnets_0_conv1";
const char* const kText = "text_model_encoder_layers_0_self_attn_k_proj";

OpenedModel open_family(const std::string& family) {
  const auto path = test::golden_folder() / "families" / family / "checkpoint.safetensors";
  return value_or_throw(open_model(Catalog(value_or_throw(open_safetensors(path)))));
}

ModuleNames names_of(const Model& model) {
  ModuleNames names;
  names.add_network(model.network->declarations());
  for (const auto& text : model.texts) names.add_text(text->declarations());
  return names;
}

TEST(LoraTargets, AreFoundInEveryFamilysUnetAndTextEncoders) {
  for (const auto& [family, encoders] : {std::pair{"sd1", 1}, std::pair{"sd2", 1}, std::pair{"sdxl", 2}}) {
    if (!test::golden_has(fmt::format("families/{}/checkpoint.safetensors", family))) continue;
    SCOPED_TRACE(family);
    const OpenedModel opened = open_family(family);
    const ModuleNames names = names_of(opened.model);
    const auto unet = names.find(kUnet);
    ASSERT_TRUE(unet);
    EXPECT_EQ(unet->weight->name, "input_blocks.1.0.in_layers.2.weight");
    for (int i = 1; i <= encoders; ++i) {
      const auto text = names.find(fmt::format("lora_te{}_{}", i, kText));
      ASSERT_TRUE(text) << i;
      EXPECT_EQ(text->part, i);
      const bool fused = text->weight->name.ends_with("in_proj_weight");
      EXPECT_EQ(text->third, fused ? 1 : -1);
      EXPECT_TRUE(text->bias);
    }
  }
}

TEST(LoraTargets, EveryWeightOfAUnetIsFoundByItsOwnName) {
  for (const char* family : {"sd1", "sd2", "sdxl"}) {
    if (!test::golden_has(fmt::format("families/{}/checkpoint.safetensors", family))) continue;
    const OpenedModel opened = open_family(family);
    std::size_t found = 0, all = 0;
    const ModuleNames names = names_of(opened.model);
    for (const Declaration& d : opened.model.network->declarations()) {
      if (!d.name.ends_with(".weight")) continue;
      ++all;
      const auto place = names.find("diffusion_model." + d.name);
      found += place && place->weight == &d ? 1 : 0;
    }
    EXPECT_EQ(found, all) << family;
  }
}

}  // namespace
}  // namespace pxf
