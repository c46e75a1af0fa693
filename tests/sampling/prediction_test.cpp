// Held against ComfyUI's model_sampling and cfg_function (golden guidance/): abs 1e-12 in f64, in f32 1e-6 of the
// largest.
#include "sampling/prediction.h"

#include <gtest/gtest.h>

#include <array>
#include <map>
#include <optional>

#include "golden_files.h"
#include "ops/elementwise.h"
#include "sampling/guidance.h"

namespace pxf::test {
namespace {

const std::map<std::string, Prediction> kPredictions{{"eps", Prediction::eps},
                                                     {"v", Prediction::v},
                                                     {"edm", Prediction::edm},
                                                     {"x0", Prediction::x0},
                                                     {"flow", Prediction::flow}};

/// The golden arrays as tensors of T.
template <class T>
class GuidanceGolden : public testing::Test {
 protected:
  static constexpr const char* kList = "guidance/guidance.json";

  Tensor tensor(const std::string& key) {
    const auto values = golden->values(key);
    return on.ctx.from(std::span<const T>(std::vector<T>(values.begin(), values.end())), golden->shape(key));
  }
  void expect_near(const Tensor& got, const std::string& key) {
    const auto want = golden->values(key);
    const double largest = worst_difference(want, std::vector<double>(want.size(), 0));
    const double tolerance = sizeof(T) == sizeof(double) ? 1e-12 : 1e-6 * largest;
    EXPECT_LE(worst_difference(got.span<T>(), want), tolerance) << key;
  }

  void SetUp() override {
    if (!golden_has(kList)) GTEST_SKIP();
    golden.emplace("guidance/guidance.safetensors");
    about = golden_json(kList);
  }

  Computer on{"reference"};
  std::optional<GoldenArrays> golden;
  nlohmann::json about;
};
using Types = testing::Types<float, double>;
TYPED_TEST_SUITE(GuidanceGolden, Types);

TYPED_TEST(GuidanceGolden, OutputsMeanWhatComfyUiTakesThemToMean) {
  const Tensor output = this->tensor("model_output"), x = this->tensor("x");
  for (const auto& c : this->about["prediction"]) {
    const Prediction prediction = kPredictions.at(c["prediction"]);
    const double sigma = c["sigma"], data = c["sigma_data"];
    const std::string key = c["key"];
    this->expect_near(x * input_scale(prediction, sigma, data), key + ".input");
    const Tensor denoised = denoised_from(prediction, output, x, sigma, data);
    this->expect_near(denoised, key + ".denoised");
    const Tensor again = denoised_from(prediction, output_from(prediction, denoised, x, sigma, data), x, sigma, data);
    this->expect_near(again, key + ".denoised");
  }
}

TYPED_TEST(GuidanceGolden, NoiseIsAddedAsComfyUiAddsIt) {
  const Tensor latent = this->tensor("latent"), noise = this->tensor("noise");
  for (const auto& c : this->about["prediction"]) {
    const std::string key = c["key"];
    this->expect_near(noised(kPredictions.at(c["prediction"]), latent, noise, c["sigma"]), key + ".noised");
  }
}

TYPED_TEST(GuidanceGolden, CfgFollowsComfyUi) {
  const Tensor cond = this->tensor("cond"), uncond = this->tensor("uncond");
  for (const auto& c : this->about["guidance"]) {
    if (c["kind"] == "cfg") this->expect_near(cfg(cond, uncond, c["scale"]), c["key"]);
  }
}

TYPED_TEST(GuidanceGolden, RescaledCfgFollowsDiffusers) {
  const Tensor cond = this->tensor("cond"), uncond = this->tensor("uncond");
  for (const nlohmann::json& c : this->about["guidance"]) {
    if (!c.contains("rescale")) continue;
    this->expect_near(rescale_to(cfg(cond, uncond, c["scale"]), cond, c["rescale"]), c["key"]);
  }
}

TYPED_TEST(GuidanceGolden, AndFollowsA1111) {
  const std::array conds{this->tensor("cond"), this->tensor("cond2")};
  const Tensor uncond = this->tensor("uncond");
  for (const nlohmann::json& c : this->about["guidance"]) {
    if (!c.contains("weights")) continue;
    this->expect_near(cfg(all_of(conds, numbers(c["weights"]), uncond), uncond, c["scale"]), c["key"]);
  }
}

TYPED_TEST(GuidanceGolden, CfgOfOneIsTheConditionItself) {
  const Tensor cond = this->tensor("cond"), uncond = this->tensor("uncond");
  EXPECT_EQ(worst_difference(cfg(cond, uncond, 1).template span<TypeParam>(), cond.template span<TypeParam>()), 0);
}

TEST(PredictionGolden, TheStartIsScaledAsComfyUiScalesIt) {
  if (!golden_has("samplers/runs.json")) GTEST_SKIP();
  Computer on;
  const GoldenArrays golden("samplers/runs.safetensors");
  const auto noise = golden.values("initial_noise");
  const auto about = golden_json("samplers/runs.json");
  for (const auto& c : about["noise_scaling"]["cases"]) {
    const std::string key = c["key"];
    const bool flow = c["model"] == "flow";
    const Prediction prediction = flow ? Prediction::flow : Prediction::eps;
    const double sigma = c["sigma"];
    const auto latent = golden.values(key + ".latent");
    const Shape shape = golden.shape(key + ".latent");
    const Tensor n = on.ctx.from(noise, shape), z = on.ctx.from(latent, shape);
    const bool from_the_top = c["max_denoise"] && !flow;  // a flow's start holds no latent anyway
    const Tensor got = from_the_top ? z + n * start_scale(prediction, sigma) : noised(prediction, z, n, sigma);
    EXPECT_LE(worst_difference(got.span<double>(), golden.values(key + ".noised")), 1e-12) << key;
  }
  EXPECT_EQ(start_scale(Prediction::flow, 1), 1);
}

}  // namespace
}  // namespace pxf::test
