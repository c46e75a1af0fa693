#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "base/error.h"
#include "formats/temporary_folder.h"
#include "pixelforge/vote.h"

namespace pxf::test {
namespace {

class Votes : public testing::Test {
 protected:
  Votes() { ::setenv("PIXELFORGE_HOME", home_.path().c_str(), 1); }
  ~Votes() override { ::setenv("PIXELFORGE_HOME", outside_.c_str(), 1); }

  Recommended preset() { return *value_or_throw(engine_.open("starter")).info().recommended; }
  Comparison next() { return value_or_throw(next_comparison(value_or_throw(engine_.open("starter")))); }
  /// Whether it went for the one with this CFG scale; the preset gets the votes of all other comparisons.
  VoteTold vote_for(double cfg_scale) {
    const Comparison pair = next();
    const double today = preset().cfg_scale;
    const bool a = pair.a.cfg_scale == cfg_scale, b = pair.b.cfg_scale == cfg_scale;
    const Recommended now = preset();
    const Recommended::AtLevel of_now{now.sampler, now.scheduler, now.steps, today};
    const Better better = a || b ? (a ? Better::a : Better::b) : pair.a == of_now ? Better::a : Better::b;
    return value_or_throw(vote(engine_, pair.id, better));
  }

  std::string outside_ = std::getenv("PIXELFORGE_HOME") == nullptr ? "" : std::getenv("PIXELFORGE_HOME");
  TemporaryFolder home_;
  Engine engine_;
};

TEST_F(Votes, CompareThePresetWithWaysThatDifferInOneThing) {
  const Recommended now = preset();
  const Recommended::AtLevel of_now{now.sampler, now.scheduler, now.steps, now.cfg_scale};
  for (int i = 0; i < 8; ++i) {
    const Comparison pair = next();
    ASSERT_TRUE(pair.a == of_now || pair.b == of_now);
    const Recommended::AtLevel& other = pair.a == of_now ? pair.b : pair.a;
    EXPECT_EQ((other.sampler != now.sampler) + (other.scheduler != now.scheduler) + (other.steps != now.steps) +
                  (other.cfg_scale != now.cfg_scale),
              1);
    EXPECT_FALSE(pair.prompt.empty());
    ASSERT_TRUE(vote(engine_, pair.id, Better::neither));
  }
}

TEST_F(Votes, ThatLeadMoveThePresetAndCountNoLonger) {
  ASSERT_EQ(preset().cfg_scale, 4);
  bool moved = false;
  for (int i = 0; i < 100 && !moved; ++i) moved = vote_for(3).moved;
  ASSERT_TRUE(moved);
  EXPECT_EQ(preset().cfg_scale, 3);
  EXPECT_THAT(preset().from, testing::HasSubstr("tuned here"));
  EXPECT_EQ(preset().levels.size(), 3u) << "best and fast stay what they were";
  for (const Standing& one : vote_for(3).standings) {
    if (one.settings.cfg_scale == 4) {
      EXPECT_EQ(one.worse, kVotesAhead) << "the old preset has lost against this one";
    }
  }
}

TEST_F(Votes, EndOnceEveryOtherWayHasLost) {
  for (int i = 0; i < 100; ++i) {
    const auto pair = next_comparison(value_or_throw(engine_.open("starter")));
    if (!pair) {
      EXPECT_EQ(pair.error().code, ErrorCode::not_found);
      EXPECT_THAT(pair.error().text(), testing::HasSubstr("nothing is left to compare it with"));
      EXPECT_EQ(preset().cfg_scale, 4);
      return;
    }
    const bool preset_is_a = pair.value().a.cfg_scale == 4 && pair.value().a.steps == preset().steps &&
                             pair.value().a.sampler == preset().sampler &&
                             pair.value().a.scheduler == preset().scheduler;
    ASSERT_TRUE(vote(engine_, pair.value().id, preset_is_a ? Better::a : Better::b));
  }
  FAIL() << "it never ended";
}

TEST_F(Votes, AreGivenOnceAndForWhatIsThere) {
  const Comparison pair = next();
  ASSERT_TRUE(vote(engine_, pair.id, Better::a));
  EXPECT_EQ(vote(engine_, pair.id, Better::b).error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(vote(engine_, "x", Better::b).error().code, ErrorCode::not_found);
}

}  // namespace
}  // namespace pxf::test
