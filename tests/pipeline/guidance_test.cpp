// How the methods of guidance are asked for, what they make of a network's outputs, and how often they ask it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <memory>

#include "golden_files.h"
#include "ops/elementwise.h"
#include "pipeline/guidance_check.h"
#include "pipeline/guided_network.h"
#include "sampling/prediction.h"

namespace pxf::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Guidance parsed(const std::string& text) { return value_or_throw(parse_guidance(text)); }

std::string error_of(const std::string& text) {
  const auto guidance = parse_guidance(text);
  return guidance ? "none" : guidance.error().text();
}

TEST(GuidanceText, IsReadByAnyNameAndWrittenByOurs) {
  EXPECT_EQ(to_text(parsed("PAG")), "pag:3");
  EXPECT_EQ(to_text(parsed(" CFG-Zero* : init=1 ;; Guidance Rescale:0.5 ")), "rescale:0.5; cfg_zero:1");
  EXPECT_EQ(to_text(parsed("cfg:7,7,5,3x4")), "cfg:7x2,5,3x4");
  EXPECT_EQ(to_text(parsed("freeu:1.1,1.2,version=1,s1=.8")), "freeu:1.1,b2=1.2,s1=0.8,version=1");
  EXPECT_EQ(to_text(parsed("seg:blur=10,layers=mid+output.3,stop=0.5")),
            "seg:3,blur_sigma=10,layers=mid+output.3,end=0.5");
  EXPECT_EQ(to_text(Guidance{}), "");
}

TEST(GuidanceText, GivesTheSameAgainWhenItIsRead) {
  const std::string all =
      "cfg:7x2,5; interval:0.1,end=0.8,sigma_start=5,sigma_end=0.3; rescale:0.6; dynthres:6,percentile=0.9; "
      "thresholding:0.9,max_value=4; apg:0.5,norm_threshold=7.5,momentum=-0.75; "
      "pag:2,layers=input.4.0,adaptive_scale=0.01; "
      "seg:2; slg:1.5,start=0.1,end=0.4; freeu:1.5,b2=1.6,version=diffusers";
  EXPECT_EQ(to_text(parsed(all)), all);
}

TEST(GuidanceText, SaysWhatItDoesNotUnderstand) {
  EXPECT_THAT(error_of("pug:3"), HasSubstr("did you mean \"pag\"?"));
  EXPECT_THAT(error_of("pag:scal=3"), HasSubstr("did you mean \"scale\"?"));
  EXPECT_THAT(error_of("pag:"), HasSubstr("guidance: pag: scale: got \"\", need a number"));
  EXPECT_THAT(error_of("cfg_zero:1.5"), HasSubstr("need a whole number"));
  EXPECT_THAT(error_of("freeu:version=3"), HasSubstr("need one of 1, 2, diffusers"));
  EXPECT_THAT(error_of("rescale:0.5,0.6"), HasSubstr("one setting more, \"0.6\", than its 1: amount"));
  EXPECT_THAT(error_of("pag:3; perturbed_attention:2"), HasSubstr("got pag twice"));
  EXPECT_THAT(error_of("cfg:7x0"), HasSubstr("a number such as 7"));
}

/// A network whose output is its context's value, and as much less as the perturbation's kind says; it counts.
class CountingNetwork final : public Network {
 public:
  using Network::predict;
  Tensor predict(const Tensor& x, std::span<const double> /*timesteps*/, const Conditioning& cond,
                 const Alterations& how) const override {
    batches.push_back(x.dim(0));
    amplified += how.freeu != nullptr ? 1 : 0;
    Tensor out = x.context().empty(x.shape());
    const std::int64_t size = x.numel() / x.dim(0), width = cond.context.numel() / x.dim(0);
    for (std::int64_t i = 0; i < x.numel(); ++i) {
      const Perturbation* perturbed = how.perturbed[static_cast<std::size_t>(i / size)];
      const float less = perturbed == nullptr ? 0 : 1 + static_cast<float>(perturbed->kind);
      // Every element its own, so that what is measured of a picture is not all the same.
      out.f32()[i] = (cond.context.f32()[i / size * width] - less) * static_cast<float>(1 + i % size % 5);
    }
    return out;
  }
  std::uint64_t working_bytes(std::int64_t, std::int64_t, std::int64_t) const override { return 0; }
  std::int64_t in_channels() const override { return 2; }
  std::int64_t context_width() const override { return 4; }
  std::vector<std::string> transformer_blocks() const override { return {"input.1.0", "mid.0", "mid.1", "output.3.0"}; }

  mutable std::vector<std::int64_t> batches;
  mutable int amplified = 0;
};

class GuidedNetworkTest : public testing::Test {
 protected:
  GuidedNetworkTest() {
    model.family = find_family("sd1");
    model.network = std::make_unique<CountingNetwork>();
    prompts.positive.push_back(course(5));
    prompts.negative = course(2);
    plan.steps = 10;
    plan.cfg_scale = 1;
  }
  PromptCourse course(double value, double weight = 1) {
    return {weight, {{1000, {on.ctx.full({1, 3, 4}, value), {}}}}};
  }
  /// The network's output under a prompt of this value.
  Tensor output(double value) {
    const CountingNetwork network;
    const Conditioning cond{on.ctx.full({1, 3, 4}, value), {}};
    const std::array<const Perturbation*, 1> none{nullptr};
    return network.predict(x, std::array{1.0}, cond, {.perturbed = none});
  }
  Tensor clean(const Tensor& output) { return denoised_from(Prediction::eps, output, x, kSigma); }
  Tensor denoised(int step = 1) {
    GuidedNetwork network(model, prompts, plan, 1, 1, {});
    network.at_step(step, 0);
    return network.denoised(x, kSigma);
  }
  const std::vector<std::int64_t>& batches() { return dynamic_cast<const CountingNetwork&>(*model.network).batches; }
  void expect_near(const Tensor& got, const Tensor& want) {
    EXPECT_LE(worst_difference(got.span<float>(), want.span<float>()), 1e-4);
  }

  static constexpr double kSigma = 2;
  Computer on{"reference"};
  const Tensor x = on.ctx.full({1, 2, 3, 2}, 0.5);
  Model model;
  Prompts prompts;
  Plan plan;
};

TEST_F(GuidedNetworkTest, AsksOnceWhereNothingGuides) {
  expect_near(denoised(), clean(output(5)));
  EXPECT_THAT(batches(), ElementsAre(1));
}

TEST_F(GuidedNetworkTest, AsksAllInOneBatch) {
  plan.cfg_scale = 7;
  plan.guidance = parsed("pag:3; seg:2; slg:1,start=0");
  // PAG's evaluation is 1 less, SEG's 2, SLG's 3.
  expect_near(denoised(), clean(output(2 + 7 * (5 - 2) + 3 * 1 + 2 * 2 + 1 * 3)));
  EXPECT_THAT(batches(), ElementsAre(5));
}

TEST_F(GuidedNetworkTest, PerturbedAttentionNeedsNoCfg) {
  plan.guidance = parsed("pag:3");
  expect_near(denoised(), clean(output(5 + 3 * 1)));
  EXPECT_THAT(batches(), ElementsAre(2));
}

TEST_F(GuidedNetworkTest, PerturbsEveryPromptOfAnAnd) {
  prompts.positive = {course(5, 1), course(4, 0.5)};
  plan.cfg_scale = 2;
  plan.guidance = parsed("pag:3");
  expect_near(denoised(), clean(output(2 + 2 * (3 + 0.5 * 2) + 3 * (1 + 0.5))));
  EXPECT_THAT(batches(), ElementsAre(5));
}

TEST_F(GuidedNetworkTest, AdaptivePerturbedAttentionWeakensWithTheTimestep) {
  plan.guidance = parsed("pag:3,adaptive_scale=0.001");
  const double strength = 3 - 0.001 * (1000 - model.noise.timestep_of(kSigma));
  expect_near(denoised(), clean(output(5 + strength)));
}

TEST_F(GuidedNetworkTest, ActsInItsInterval) {
  plan.cfg_scale = 7;
  plan.guidance = parsed("interval:0.2,0.5; pag:3,end=0.3; freeu:end=0.1");
  expect_near(denoised(1), clean(output(5 + 3)));          // PAG, FreeU
  expect_near(denoised(3), clean(output(2 + 7 * 3 + 3)));  // PAG, CFG
  expect_near(denoised(5), clean(output(2 + 7 * 3)));      // CFG
  expect_near(denoised(6), clean(output(5)));
  EXPECT_THAT(batches(), ElementsAre(2, 3, 2, 1));
  EXPECT_EQ(dynamic_cast<const CountingNetwork&>(*model.network).amplified, 1);
}

TEST_F(GuidedNetworkTest, TakesTheScaleOfTheStep) {
  plan.guidance = parsed("cfg:7,1,3");
  expect_near(denoised(1), clean(output(2 + 7 * 3)));
  expect_near(denoised(2), clean(output(5)));
  expect_near(denoised(9), clean(output(2 + 3 * 3)));
  EXPECT_THAT(batches(), ElementsAre(2, 1, 2));
}

TEST_F(GuidedNetworkTest, RescalesWhatAllOthersHaveMade) {
  plan.cfg_scale = 7;
  plan.guidance = parsed("pag:3; rescale:1");
  expect_near(denoised(), clean(output(5)));  // outputs here are multiples of each other
}

TEST_F(GuidedNetworkTest, ZeroInitAsksNobody) {
  plan.cfg_scale = 7;
  plan.guidance = parsed("cfg_zero:2");
  expect_near(denoised(2), x);
  EXPECT_THAT(batches(), ElementsAre());
  expect_near(denoised(3), clean(output(5)));  // uncond explains all of cond
}

TEST_F(GuidedNetworkTest, ProjectsCleanLatents) {
  plan.cfg_scale = 7;
  plan.guidance = parsed("apg:0.2,norm=3,momentum=0");
  ProjectedGuidance guide({.eta = 0.2, .norm_threshold = 3, .momentum = 0});
  expect_near(denoised(), guide(clean(output(5)), clean(output(2)), 7));
}

TEST_F(GuidedNetworkTest, KeepsTheRangeOfTheMimickedScale) {
  plan.cfg_scale = 20;
  plan.guidance = parsed("dynthres:7");
  const Tensor strong = clean(output(2 + 20 * 3)), mild = clean(output(2 + 7 * 3));
  expect_near(denoised(), in_range_of(strong, mild, 1));
  EXPECT_GT(worst_difference(denoised().span<float>(), strong.span<float>()), 1);
}

TEST_F(GuidedNetworkTest, NamesBlocksAsCheckpointsAndDiffusersDo) {
  const auto named = [&](const std::vector<std::string>& names) { return named_blocks(*model.network, names, "pag"); };
  EXPECT_EQ(named({"mid"}), (std::vector<bool>{false, true, true, false}));
  EXPECT_EQ(named({"Middle_Block.1", "input_blocks.1"}), (std::vector<bool>{true, false, true, false}));
  EXPECT_EQ(named({"output"}), (std::vector<bool>{false, false, false, true}));
}

TEST_F(GuidedNetworkTest, RefusesWhatCannotBe) {
  const auto refusal = [&](const Guidance& guidance) {
    try {
      check_guidance(guidance, model);
      return std::string("none");
    } catch (const Failure& failure) {
      return std::string(failure.what());
    }
  };
  EXPECT_EQ(refusal(parsed("pag; seg; slg; freeu; apg; rescale; dynthres; thresholding; interval; cfg:7")), "none");
  EXPECT_THAT(refusal(parsed("pag:nan")), HasSubstr("guidance: pag: scale: got nan, need 0 to 100"));
  EXPECT_THAT(refusal(parsed("pag:-1")), HasSubstr("got -1"));
  EXPECT_THAT(refusal(parsed("cfg:7,-1")), HasSubstr("guidance: cfg: scales: got -1, need 0 to 1000"));
  EXPECT_THAT(refusal(parsed("cfg")), HasSubstr("got none"));
  EXPECT_THAT(refusal(parsed("interval:0.8,0.2")), HasSubstr("got start 0.8 after end 0.2"));
  EXPECT_THAT(refusal(parsed("interval:sigma_start=1,sigma_end=2")), HasSubstr("sigma falls"));
  EXPECT_THAT(refusal(parsed("pag:layers=input.2")),
              HasSubstr("did you mean \"input.1\"?; need some of input.1, mid, output.3"));
  EXPECT_THAT(refusal(parsed("apg; cfg_zero")), HasSubstr("two ways"));
  Guidance empty;
  empty.seg.emplace().layers.clear();
  EXPECT_THAT(refusal(empty), HasSubstr("layers: got none"));
  model.family = find_family("sd1-pix2pix");
  EXPECT_THAT(refusal(parsed("pag")), HasSubstr("guided by its picture too"));
}

}  // namespace
}  // namespace pxf::test
