// Held against A1111's ImageRNG, ComfyUI's batches and torchsde's Brownian tree (golden rng/): abs 2e-6.
#include "base/rng/picture_noise.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/rng/brownian.h"
#include "golden_files.h"

namespace pxf::test {
namespace {

constexpr const char* kList = "rng/rng.json";
constexpr double kTolerance = 2e-6;

void append(std::vector<float>& all, const std::vector<float>& more) {
  all.insert(all.end(), more.begin(), more.end());
}

NoiseShape shape_of(const nlohmann::json& extents) { return {extents[0], extents[1], extents[2]}; }

TEST(PictureNoiseGolden, VariesSeedsAsA1111Does) {
  if (!golden_has(kList)) GTEST_SKIP();
  const GoldenArrays golden("rng/rng.safetensors");
  const auto about = golden_json(kList);
  for (const auto& c : about["a1111"]["cases"]) {
    if (!c.contains("seeds")) continue;
    std::vector<PictureNoise> pictures;
    for (std::size_t i = 0; i < c["seeds"].size(); ++i) {
      SeedVariation v;
      if (c.contains("subseeds")) v.subseed = c["subseeds"][i];
      v.subseed_strength = c.value("subseed_strength", 0.0);
      v.resize_from_height = c.value("seed_resize_from_h", std::size_t{0}) / 8;
      v.resize_from_width = c.value("seed_resize_from_w", std::size_t{0}) / 8;
      v.eta_noise_seed_delta = c["eta_noise_seed_delta"];
      const auto kind = c["source"] == "NV" ? GeneratorKind::torch_cuda : GeneratorKind::torch_cpu;
      pictures.emplace_back(kind, c["seeds"][i].get<std::uint64_t>(), shape_of(c["shape"]), v);
    }
    std::vector<float> got;
    for (int k = 0; k < 3; ++k) {
      for (PictureNoise& picture : pictures) append(got, picture.next());
    }
    const std::string key = c["key"];
    EXPECT_LE(worst_difference(got, golden.values(key)), kTolerance) << key;
  }
}

TEST(PictureNoiseGolden, SlerpFollowsA1111) {
  if (!golden_has(kList)) GTEST_SKIP();
  const GoldenArrays golden("rng/rng.safetensors");
  const auto about = golden_json(kList);
  for (const auto& c : about["a1111"]["cases"]) {
    if (!c.contains("val")) continue;
    const std::string key = c["key"];
    const Shape& shape = golden.shape(key + ".low");
    const NoiseShape extents{static_cast<std::size_t>(shape.dim(0)), static_cast<std::size_t>(shape.dim(1)),
                             static_cast<std::size_t>(shape.dim(2))};
    const auto got = slerp(c["val"], golden.f32(key + ".low"), golden.f32(key + ".high"), extents);
    EXPECT_LE(worst_difference(got, golden.values(key + ".out")), kTolerance) << key;
  }
}

TEST(PictureNoiseGolden, ABatchIsThatOfComfyUi) {
  if (!golden_has(kList)) GTEST_SKIP();
  const GoldenArrays golden("rng/rng.safetensors");
  const NoiseShape shape{4, 6, 5};
  const std::vector<std::size_t> indices{2, 0, 2};
  int compared = 0;
  for (const std::uint64_t seed : {0, 1, 7, 99}) {
    const std::string key = fmt::format("comfy.batch3.{}", seed),
                      with_indices = fmt::format("comfy.batch3.inds.{}", seed);
    if (!golden.has(key)) continue;
    EXPECT_LE(worst_difference(comfy_batch_noise(seed, 3, shape), golden.values(key)), kTolerance) << key;
    EXPECT_LE(worst_difference(comfy_batch_noise(seed, indices, shape), golden.values(with_indices)), kTolerance);
    ++compared;
  }
  EXPECT_GT(compared, 0);
}

TEST(BrownianGolden, PathsAreThoseOfTorchsde) {
  if (!golden_has(kList)) GTEST_SKIP();
  const GoldenArrays golden("rng/rng.safetensors");
  const auto about = golden_json(kList);
  for (const auto& c : about["brownian"]["cases"]) {
    std::size_t count = 1;
    for (const std::size_t extent : c["shape"]) count *= extent;
    BrownianPath path(GeneratorKind::torch_cpu, c["seed"].get<std::uint64_t>(), c["sigma_min"], c["sigma_max"], count);
    std::vector<float> got;
    for (const auto& span : c["spans"]) append(got, path.noise(span[0], span[1]));
    const std::string key = c["key"];
    EXPECT_LE(worst_difference(got, golden.values(key)), kTolerance) << key;
  }
}

BrownianPath small_path(std::size_t count = 64) { return {GeneratorKind::torch_cpu, 42, 0.03, 14.6, count}; }

TEST(Brownian, StepsAddUpToTheStepOverBoth) {
  BrownianPath path = small_path();
  const auto first = path.noise(10, 4), second = path.noise(4, 1), both = path.noise(10, 1);
  for (std::size_t i = 0; i < both.size(); ++i) {
    EXPECT_NEAR(first[i] * std::sqrt(6.0) + second[i] * std::sqrt(3.0), both[i] * std::sqrt(9.0), 1e-5);
  }
}

TEST(Brownian, TheOrderOfQuestionsChangesNothing) {
  BrownianPath forwards = small_path(), backwards = small_path();
  const auto a = forwards.noise(10, 4), b = forwards.noise(4, 1);
  EXPECT_EQ(backwards.noise(4, 1), b);
  EXPECT_EQ(backwards.noise(10, 4), a);
}

TEST(Brownian, NumbersAreStandardNormal) {
  BrownianPath path = small_path(20'000);
  const auto numbers = path.noise(7.3, 2.1);
  double sum = 0, squares = 0;
  for (const double v : numbers) {
    sum += v;
    squares += v * v;
  }
  EXPECT_NEAR(sum / 20'000, 0, 0.03);
  EXPECT_NEAR(squares / 20'000, 1, 0.04);
}

}  // namespace
}  // namespace pxf::test
