// Every name under which adapters address a weight, against the tables of diffusers' real models.
#include <gtest/gtest.h>
#include <zlib.h>

#include <set>

#include "golden_files.h"
#include "weights/adapters/module_names.h"

namespace pxf {
namespace {

using nlohmann::json;

json gzipped_json(const std::string& file) {
  const auto path = test::golden_folder() / file;
  gzFile in = gzopen(path.c_str(), "rb");
  std::string text(1 << 16, '\0'), all;
  for (int n = 0; (n = gzread(in, text.data(), static_cast<unsigned>(text.size()))) > 0;) {
    all.append(text, 0, static_cast<std::size_t>(n));
  }
  gzclose(in);
  return json::parse(all);
}

struct Declared {
  std::vector<Weight> weights;
  Declarations list;

  explicit Declared(const std::set<std::string>& names) : weights(names.size()) {
    std::size_t i = 0;
    for (const std::string& name : names) list.push_back({name, {1}, &weights[i++]});
  }
};

std::string after(const std::string& text, const std::string& beginning) {
  return text.starts_with(beginning) ? text.substr(beginning.size()) : text;
}

TEST(ModuleNamesGolden, EveryAliasOfAUnetsWeightsIsFound) {
  for (const char* family : {"sd1", "sdxl"}) {
    const std::string file = fmt::format("adapters/keymap_{}.json.gz", family);
    if (!test::golden_has(file)) continue;
    const json map = gzipped_json(file);
    std::set<std::string> originals;
    for (const auto& [diffusers, original] : map["diffusers_to_ldm"].items()) originals.insert(original);
    const Declared unet(originals);
    ModuleNames names;
    names.add_network(unet.list);
    for (const auto& [alias, original] : map["lora_alias"].items()) {
      const auto place = names.find(alias);
      ASSERT_TRUE(place && place->weight) << alias;
      EXPECT_EQ(place->weight->name, after(original, "diffusion_model.")) << alias;
    }
    for (const auto& [diffusers, original] : map["diffusers_to_ldm"].items()) {
      const auto place = names.find("unet." + diffusers);
      ASSERT_TRUE(place && place->weight) << diffusers;
      EXPECT_EQ(place->weight->name, original) << diffusers;
    }
  }
}

// "clip_g.transformer.text_model.encoder.layers.0.mlp.fc1.weight" in its parts.
struct TextTarget {
  std::string encoder, name;
};
TextTarget split(const std::string& target) {
  const std::string middle = ".transformer.text_model.";
  const auto at = target.find(middle);
  return {target.substr(0, at), target.substr(at + middle.size())};
}

class TextNames {
 public:
  // Every name of each encoder that the table has, in the order of the files.
  TextNames(const json& table, const std::vector<std::string>& encoders) {
    for (const std::string& encoder : encoders) {
      std::set<std::string> originals;
      for (const auto& [alias, target] : table.items()) {
        if (split(target).encoder == encoder) originals.insert(split(target).name);
      }
      declared_.push_back(std::make_unique<Declared>(originals));
      names.add_text(declared_.back()->list);
    }
  }
  ModuleNames names;

 private:
  std::vector<std::unique_ptr<Declared>> declared_;
};

TEST(ModuleNamesGolden, EveryAliasOfATextEncodersWeightsIsFound) {
  if (!test::golden_has("adapters/keymap_text.json.gz")) GTEST_SKIP();
  const json tables = gzipped_json("adapters/keymap_text.json.gz");
  const std::map<std::string, std::vector<std::string>> families = {
      {"sd1", {"clip_l"}}, {"sd2", {"clip_h"}}, {"sdxl", {"clip_l", "clip_g"}}};
  for (const auto& [family, encoders] : families) {
    const TextNames text(tables[family], encoders);
    for (const auto& [alias, target] : tables[family].items()) {
      const auto place = text.names.find(alias);
      ASSERT_TRUE(place && place->weight) << family << ": " << alias;
      EXPECT_EQ(place->weight->name, split(target).name) << alias;
      EXPECT_EQ(encoders.at(static_cast<std::size_t>(place->part - 1)), split(target).encoder) << alias;
    }
  }
}

// The same names where the checkpoint's encoder is OpenCLIP's, with q, k and v in one tensor.
TEST(ModuleNamesGolden, OpenClipsModulesAreFoundByTransformersNames) {
  if (!test::golden_has("adapters/keymap_text.json.gz")) GTEST_SKIP();
  std::set<std::string> originals;
  for (int i = 0; i < 32; ++i) {
    for (const char* name : {"attn.in_proj_weight", "attn.in_proj_bias", "attn.out_proj.weight", "mlp.c_fc.weight",
                             "mlp.c_proj.weight", "ln_1.weight"}) {
      originals.insert(fmt::format("transformer.resblocks.{}.{}", i, name));
    }
  }
  const Declared clip_l({"encoder.layers.0.mlp.fc1.weight"}), clip_g(originals);
  ModuleNames names;
  names.add_text(clip_l.list);
  names.add_text(clip_g.list);
  const std::map<std::string, std::string> meaning = {{"self_attn.q_proj", "attn.in_proj_weight"},
                                                      {"self_attn.k_proj", "attn.in_proj_weight"},
                                                      {"self_attn.v_proj", "attn.in_proj_weight"},
                                                      {"self_attn.out_proj", "attn.out_proj.weight"},
                                                      {"mlp.fc1", "mlp.c_fc.weight"},
                                                      {"mlp.fc2", "mlp.c_proj.weight"}};
  const json tables = gzipped_json("adapters/keymap_text.json.gz");
  for (const auto& [alias, target] : tables["sdxl"].items()) {
    const auto [encoder, name] = split(target);  // "encoder.layers.7.mlp.fc1.weight"
    if (encoder != "clip_g") continue;
    const auto place = names.find(alias);
    ASSERT_TRUE(place && place->weight) << alias;
    const auto dot = name.find('.', 15);
    const std::string layer = name.substr(15, dot - 15), module = name.substr(dot + 1, name.size() - dot - 8);
    EXPECT_EQ(place->weight->name, fmt::format("transformer.resblocks.{}.{}", layer, meaning.at(module))) << alias;
    const auto third = std::string("qkv").find(module.at(10 < module.size() ? 10 : 0));
    if (module.ends_with("_proj") && module != "self_attn.out_proj") {
      EXPECT_EQ(place->third, static_cast<std::int64_t>(third)) << alias;
      EXPECT_EQ(place->bias->name, fmt::format("transformer.resblocks.{}.attn.in_proj_bias", layer));
    } else {
      EXPECT_EQ(place->third, -1) << alias;
    }
  }
}

TEST(ModuleNames, KnowsThePrefixesOfPeftAndTheCheckpoint) {
  const Declared unet({"input_blocks.0.0.weight", "input_blocks.1.0.in_layers.2.weight",
                       "input_blocks.1.0.in_layers.2.bias", "input_blocks.2.0.op.weight"});
  ModuleNames names;
  names.add_network(unet.list);
  for (const char* alias :
       {"base_model.model.down_blocks.0.resnets.0.conv1", "base_model.model.unet.down_blocks.0.resnets.0.conv1",
        "model.diffusion_model.input_blocks.1.0.in_layers.2", "lora_unet_input_blocks_1_0_in_layers_2"}) {
    const auto place = names.find(alias);
    ASSERT_TRUE(place && place->weight && place->bias) << alias;
    EXPECT_EQ(place->weight->name, "input_blocks.1.0.in_layers.2.weight");
  }
  EXPECT_FALSE(names.find("lora_unet_down_blocks_0_resnets_7_conv1"));
  EXPECT_FALSE(names.find("lora_te_text_model_encoder_layers_0_mlp_fc1"));
  EXPECT_FALSE(names.find(""));
}

}  // namespace
}  // namespace pxf
