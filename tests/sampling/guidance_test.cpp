// CFG, its rescaling and AND are held against ComfyUI, diffusers and A1111 (golden guidance/, in prediction_test.cpp);
// the others against diffusers (files/guidance.json) and what defines them.
#include "sampling/guidance.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "golden_files.h"
#include "ops/elementwise.h"

namespace pxf::test {
namespace {

class Guidance : public testing::Test {
 protected:
  Tensor tensor(const std::vector<double>& values) {
    return on.ctx.from(std::span<const double>(values), {2, static_cast<std::int64_t>(values.size()) / 2});
  }
  static double dot(const Tensor& x, const Tensor& y, std::int64_t picture) {
    double sum = 0;
    const Tensor products = (x * y).rows(picture, picture + 1);
    for (const double v : products.span<double>()) sum += v;
    return sum;
  }
  static double difference(const Tensor& x, const Tensor& y) {
    return worst_difference(x.span<double>(), y.span<double>());
  }

  Computer on{"reference"};
  // Two pictures of four numbers.
  Tensor cond = tensor({1, -2, 0.5, 3, 0.2, 0.1, -0.4, 0.3}), uncond = tensor({0.5, -1, 1, 2, -0.1, 0.2, 0.6, 0.3});
};

TEST_F(Guidance, ActsOnlyInItsInterval) {
  const GuidanceScale scale{.scale = 7, .interval = {.sigma_start = 5, .sigma_end = 0.3}};
  EXPECT_EQ(scale.at(0, 14.6), 1);
  EXPECT_EQ(scale.at(3, 5), 7);
  EXPECT_EQ(scale.at(5, 0.3), 7);
  EXPECT_EQ(scale.at(9, 0.29), 1);
}

TEST_F(Guidance, ScalesByStepGoOnWithTheLast) {
  const GuidanceScale scale{.by_step = {9, 6, 4}};
  EXPECT_EQ(scale.at(0, 1), 9);
  EXPECT_EQ(scale.at(2, 1), 4);
  EXPECT_EQ(scale.at(30, 1), 4);
}

TEST_F(Guidance, DynamicThresholdBringsLargeValuesToOne) {
  const Tensor out = dynamic_threshold(cond, 1);
  EXPECT_LE(difference(out.rows(0, 1), tensor({1. / 3, -2. / 3, 0.5 / 3, 1, 0, 0, 0, 0}).rows(0, 1)), 1e-12);
  EXPECT_EQ(difference(out.rows(1, 2), cond.rows(1, 2)), 0);  // a picture within 1 stays
}

TEST_F(Guidance, DynamicThresholdClipsAtTheQuantile) {
  const Tensor out = dynamic_threshold(cond, 2. / 3);  // sizes 0.5, 1, 2, 3: the third
  EXPECT_LE(difference(out.rows(0, 1), tensor({0.5, -1, 0.25, 1, 0, 0, 0, 0}).rows(0, 1)), 1e-12);
}

TEST_F(Guidance, CfgZeroStarLeavesNothingOfUncondInTheDifference) {
  // cfg at scale 1 + s moves by s (cond - a uncond): at the best a, that is orthogonal to uncond.
  const Tensor moved = cfg_zero_star(cond, uncond, 2) - cond;
  for (const std::int64_t picture : {0, 1}) EXPECT_NEAR(dot(moved, uncond, picture), 0, 1e-7);
}

TEST_F(Guidance, CfgZeroStarOfParallelPredictionsIsTheCondition) {
  EXPECT_LE(difference(cfg_zero_star(cond, cond * 0.3, 9), cond), 1e-5);
}

TEST_F(Guidance, ProjectedMovesAtRightAnglesToCond) {
  const Tensor moved = ProjectedGuidance({.norm_threshold = 0, .momentum = 0})(cond, uncond, 8) - cond;
  for (const std::int64_t picture : {0, 1}) EXPECT_NEAR(dot(moved, cond, picture), 0, 1e-12);
  EXPECT_GT(dot(moved, moved, 0), 0);
}

TEST_F(Guidance, ProjectedWithAllOfTheParallelPartIsCfg) {
  EXPECT_LE(difference(ProjectedGuidance({.eta = 1, .norm_threshold = 0, .momentum = 0})(cond, uncond, 8),
                       cfg(cond, uncond, 8)),
            1e-12);
}

TEST_F(Guidance, ProjectedKeepsTheDifferenceToItsLength) {
  const Tensor moved = ProjectedGuidance({.eta = 1, .norm_threshold = 0.1, .momentum = 0})(cond, uncond, 2) - cond;
  for (const std::int64_t picture : {0, 1}) EXPECT_NEAR(std::sqrt(dot(moved, moved, picture)), 0.1, 1e-12);
}

TEST_F(Guidance, ProjectedGoesOnFromEarlierSteps) {
  ProjectedGuidance guide({.eta = 1, .norm_threshold = 0, .momentum = -0.5});
  guide(cond, uncond, 2);
  const Tensor moved = guide(cond, uncond, 2) - cond;  // d - d / 2
  EXPECT_LE(difference(moved, (cond - uncond) * 0.5), 1e-12);
}

TEST_F(Guidance, ActsInItsShareOfTheStepsAsDiffusersCountsThem) {
  const GuidanceInterval when{.start = 0.25, .end = 0.5};  // of 10 steps: int(2.5) to before int(5)
  std::vector<int> steps;
  for (int step = 0; step < 10; ++step) {
    if (acts_at(when, step, 10, 1)) steps.push_back(step);
  }
  EXPECT_EQ(steps, (std::vector{2, 3, 4}));
  EXPECT_TRUE(acts_at({}, 14, 10, 1));  // a sampler that takes more steps than planned
}

/// What make_guidance.py wrote.
class GuidanceOfReferences : public testing::Test {
 protected:
  void SetUp() override {
    std::ifstream(std::filesystem::path(PIXELFORGE_SOURCE_DIR) / "tests/sampling/files/guidance.json") >> about;
  }
  Tensor tensor(const char* name) { return on.ctx.from(std::span<const double>(numbers(about[name])), {2, 3, 4, 2}); }
  void expect_near(const Tensor& got, const char* name, double tolerance = 1e-9) {
    EXPECT_LE(worst_difference(got.span<double>(), numbers(about[name])), tolerance) << name;
  }

  Computer on{"reference"};
  nlohmann::json about;
};

TEST_F(GuidanceOfReferences, ProjectedFollowsDiffusers) {
  ProjectedGuidance guide({.eta = 0.3, .norm_threshold = 2, .momentum = -0.5});
  expect_near(guide(tensor("cond"), tensor("uncond"), about["scale"]), "apg");
  expect_near(guide(tensor("cond"), tensor("uncond"), about["scale"]), "apg_second_step");
}

TEST_F(GuidanceOfReferences, CfgZeroStarFollowsDiffusers) {
  expect_near(cfg_zero_star(tensor("cond"), tensor("uncond"), about["scale"]), "cfg_zero", 1e-5);  // f32 there
}

TEST_F(GuidanceOfReferences, DynamicThresholdingFollowsTheExtension) {
  const Tensor guided = cfg(tensor("cond"), tensor("uncond"), about["scale"]);
  const Tensor mimicked = cfg(tensor("cond"), tensor("uncond"), about["mimic"]);
  expect_near(in_range_of(guided, mimicked, 1), "dynthres");
  expect_near(in_range_of(guided, mimicked, 0.9), "dynthres_0.9");
}

}  // namespace
}  // namespace pxf::test
