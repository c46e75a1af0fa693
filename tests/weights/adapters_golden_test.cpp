// Merged weights as the trainers' own programs compute them.
#include <gtest/gtest.h>

#include "golden_files.h"
#include "weights/adapters/adapter.h"
#include "weights/adapters/merge.h"

namespace pxf {
namespace {

using nlohmann::json;
using test::golden_folder;
using test::golden_has;
using test::GoldenArrays;

constexpr double kTolerance = 1e-5;

Adapter adapter_of(const json& one) {
  const auto path = golden_folder() / "adapters" / one["file"].get<std::string>();
  AdapterConfig config;
  if (one.contains("adapter_config")) config = read_adapter_config(one["adapter_config"].dump(), path.string());
  return read_adapter(Catalog(value_or_throw(open_safetensors(path))), config);
}

// The target's weight or bias with the adapter in it.
std::vector<float> merged(const GoldenArrays& base, const std::string& name, const Adapter& adapter, double strength,
                          ThreadPool* pool) {
  std::vector<float> values = base.f32(name);
  const AdapterModule& module = adapter.modules.at(0);
  if (name.ends_with(".bias")) {
    EXPECT_EQ(bias_misfit(module, base.shape(name)), "");
    merge_bias(module, strength, values);
  } else if (module.kind != nullptr) {
    EXPECT_EQ(weight_misfit(module, base.shape(name)), "");
    merge_weight(module, strength, base.shape(name), values, pool);
  }
  return values;
}

TEST(AdaptersGolden, EveryKindMergesAsItsTrainerDoes) {
  if (!golden_has("adapters/manifest.json")) GTEST_SKIP();
  const json manifest = test::golden_json("adapters/manifest.json");
  const GoldenArrays base("adapters/base.safetensors"), expected("adapters/expected.safetensors");
  ThreadPool pool(2);
  for (const json& one : manifest["cases"]) {
    if (!one["expected"].is_object()) continue;  // the reference refuses
    SCOPED_TRACE(one["case"].get<std::string>() + ": " + one["about"].get<std::string>());
    const Adapter adapter = adapter_of(one);
    ASSERT_EQ(adapter.modules.size(), 1u);
    EXPECT_TRUE(adapter.unknown.empty());
    for (const auto& [strength, keys] : one["expected"].items()) {
      for (const std::string key : keys) {
        const std::string name = one["target"].get<std::string>() + key.substr(key.rfind('.'));
        for (ThreadPool* threads : {static_cast<ThreadPool*>(nullptr), &pool}) {
          EXPECT_LE(
              test::worst_difference(merged(base, name, adapter, std::stod(strength), threads), expected.f32(key)),
              kTolerance)
              << "at " << strength << ", " << name;
        }
      }
    }
  }
}

TEST(AdaptersGolden, TwoOnOneWeightAreAppliedInOrder) {
  if (!golden_has("adapters/manifest.json")) GTEST_SKIP();
  const GoldenArrays base("adapters/base.safetensors"), expected("adapters/expected.safetensors");
  const std::string key = "stack.lora_linear_0.7.loha_linear_0.4.weight";
  if (!expected.has(key)) GTEST_SKIP();
  std::vector<float> values = base.f32("linear.weight");
  const Shape shape = base.shape("linear.weight");
  for (const auto& [file, strength] : {std::pair{"lora_linear", 0.7}, std::pair{"loha_linear", 0.4}}) {
    const Adapter adapter = adapter_of({{"file", fmt::format("files/{}.safetensors", file)}});
    merge_weight(adapter.modules.at(0), strength, shape, values, nullptr);
  }
  EXPECT_LE(test::worst_difference(values, expected.f32(key)), kTolerance);
}

}  // namespace
}  // namespace pxf
