// How shortcuts are asked for, and which evaluations take what an earlier one has left.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

#include "pipeline/guided_network.h"
#include "pipeline/shortcuts_check.h"
#include "support.h"

namespace pxf::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Shortcuts shortcuts_of(const std::string& text) { return value_or_throw(parse_shortcuts(text)); }

std::string refusal_of(const std::string& text) {
  const auto shortcuts = parse_shortcuts(text);
  return shortcuts ? "none" : shortcuts.error().text();
}

TEST(ShortcutsText, IsReadByAnyNameAndWrittenByOurs) {
  EXPECT_EQ(to_text(shortcuts_of("DeepCache; token merging:.3")), "deep:3; tome:0.3");
  const std::string all = "deep:5,depth=4,start=0.2,end=0.9; tome:0.4,levels=2,sigma_end=0.3";
  EXPECT_EQ(to_text(shortcuts_of(all)), all);
  EXPECT_EQ(to_text(shortcuts_of("none")), "");
}

TEST(ShortcutsText, SaysWhatItDoesNotUnderstand) {
  EXPECT_THAT(refusal_of("depe:3"), HasSubstr("did you mean \"deep\"?"));
  EXPECT_THAT(refusal_of("deep:x"), HasSubstr("shortcut: deep: interval: got \"x\", need a whole number"));
}

/// Six layers; says of each call whether it ran whole.
class LayeredNetwork final : public Network {
 public:
  using Network::predict;
  Tensor predict(const Tensor& x, std::span<const double> /*timesteps*/, const Conditioning& /*cond*/,
                 const Alterations& how) const override {
    merging += how.merging != nullptr ? 1 : 0;
    whole.push_back(how.deep == nullptr || !how.deep->features.defined());
    if (how.deep != nullptr) how.deep->features = x;
    return x;
  }
  std::uint64_t working_bytes(std::int64_t, std::int64_t, std::int64_t) const override { return 0; }
  std::int64_t in_channels() const override { return 2; }
  std::int64_t context_width() const override { return 4; }
  int layers() const override { return 6; }

  mutable std::vector<bool> whole;
  mutable int merging = 0;
};

class ShortcutsTest : public testing::Test {
 protected:
  ShortcutsTest() {
    model.family = find_family("sd1");
    model.network = std::make_unique<LayeredNetwork>();
    prompts.positive.push_back(course({1000}));
    prompts.negative = course({1000});
    plan.steps = 10;
    plan.cfg_scale = 7;
  }
  /// Prompts until these steps.
  PromptCourse course(const std::vector<int>& ends, std::int64_t tokens = 3) {
    PromptCourse out;
    for (const int end : ends) out.stretches.push_back({end, {on.ctx.full({1, tokens, 4}, 1), {}}});
    return out;
  }
  /// Which calls of the network are whole where a sampler asks at these levels, step by step.
  std::vector<bool> whole(const std::vector<std::vector<double>>& steps) {
    GuidedNetwork network(model, prompts, plan, 1, 1, {});
    for (std::size_t i = 0; i < steps.size(); ++i) {
      network.at_step(static_cast<int>(i + 1), static_cast<double>(i) / plan.steps);
      for (const double sigma : steps[i]) network.denoised(x, sigma);
    }
    return std::exchange(counted().whole, {});
  }
  const LayeredNetwork& counted() { return dynamic_cast<const LayeredNetwork&>(*model.network); }
  std::string refusal(const std::string& text) {
    try {
      check_shortcuts(shortcuts_of(text), model);
    } catch (const Failure& failure) {
      return failure.error().text();
    }
    return "none";
  }

  Computer on{"reference"};
  const Tensor x = on.ctx.full({1, 2, 3, 2}, 0.5);
  Model model;
  Prompts prompts;
  Plan plan;
};

TEST_F(ShortcutsTest, OfThreeStepsOneIsWhole) {
  plan.shortcuts = shortcuts_of("deep:3");
  EXPECT_THAT(whole({{9}, {8}, {7}, {6}, {5}}), ElementsAre(true, false, false, true, false));
  EXPECT_EQ(what_is_left_out(plan.shortcuts, 5), "2 of 5 steps run whole, the others in their outermost layer alone");
}

// Else a second-order method would see at a step's end what it has seen at its beginning.
TEST_F(ShortcutsTest, EachQuestionOfAStepHasItsOwnFeatures) {
  plan.shortcuts = shortcuts_of("deep:2");
  EXPECT_THAT(whole({{9, 8}, {8, 7}, {7, 6}}), ElementsAre(true, true, false, false, true, true));
}

TEST_F(ShortcutsTest, NothingIsTakenFromAClearerPicture) {
  plan.shortcuts = shortcuts_of("deep:5");
  EXPECT_THAT(whole({{9}, {3}, {6}, {5}}), ElementsAre(true, false, true, false));
}

TEST_F(ShortcutsTest, NothingIsTakenFromAnotherPrompt) {
  plan.shortcuts = shortcuts_of("deep:5");
  prompts.positive[0] = course({2, 1000});
  EXPECT_THAT(whole({{9}, {8}, {7}, {6}}), ElementsAre(true, false, true, false));
}

TEST_F(ShortcutsTest, NothingIsTakenFromTheNetworkUnderAnotherLora) {
  plan.shortcuts = shortcuts_of("deep:5");
  model.later.push_back({0.2, std::make_unique<LayeredNetwork>()});
  EXPECT_THAT(whole({{9}, {8}, {7}}), ElementsAre(true, false));
  const auto& later = dynamic_cast<const LayeredNetwork&>(*model.later[0].network);
  EXPECT_THAT(later.whole, ElementsAre(true));
}

TEST_F(ShortcutsTest, WherePromptsAreOfOneLengthOrNotEachRowHasItsFeatures) {
  plan.shortcuts = shortcuts_of("deep:2");
  prompts.negative = course({1000}, 6);
  EXPECT_THAT(whole({{9}, {8}}), ElementsAre(true, true, false, false));
}

TEST_F(ShortcutsTest, OutsideOfItsIntervalAllIsWhole) {
  plan.shortcuts = shortcuts_of("deep:10,start=0.2,end=0.4; tome:0.5,end=0.1");
  EXPECT_THAT(whole({{9}, {8}, {7}, {6}, {5}}), ElementsAre(true, true, true, false, true));
  EXPECT_EQ(counted().merging, 1);
  EXPECT_THAT(what_is_left_out(plan.shortcuts, 10), HasSubstr("9 of 10 steps run whole"));
}

TEST_F(ShortcutsTest, NumbersOutOfTheirLimitsAreRefused) {
  EXPECT_THAT(refusal("tome:0.9"), HasSubstr("shortcut: tome: ratio: got 0.9, need 0 to 0.75"));
  EXPECT_THAT(refusal("deep:0"), HasSubstr("shortcut: deep: interval: got 0, need 1 to 100"));
  EXPECT_THAT(refusal("deep:3,depth=6"), HasSubstr("depth: got 6, need 1 to 5, for this model has 6 layers"));
}

}  // namespace
}  // namespace pxf::test
