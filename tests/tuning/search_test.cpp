#include "tuning/search.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <set>

#include "base/error.h"
#include "formats/temporary_folder.h"
#include "tuning/prompts.h"
#include "tuning/report.h"
#include "tuning/state.h"

namespace pxf::test {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;

/// A checkpoint that is known beforehand: DEIS with the beta schedule converges fastest, the prompt is found best at
/// CFG 5, colours clip from 9 on, and UniPC gives no numbers.
Measured known(const Trial& trial) {
  Measured m;
  m.evaluations = trial.steps * trial.method.evaluations_per_step;
  if (trial.method.sampler.starts_with("uni_pc")) {
    m.is_broken = true;
    m.why = "gives no numbers";
    return m;
  }
  const double cfg = trial.cfg_scale;
  m.prompt_evidence = 0.3 - 0.004 * (cfg - 5) * (cfg - 5) + 0.001 * trial.subject;
  m.look = {cfg >= 9 ? 0.2 : 0.01, 0.3, 0.15, 0.02};
  const bool favourite = trial.method.sampler == "deis" && trial.method.scheduler == "beta";
  const double far = (favourite ? 2.0 : 4.0) / std::pow(m.evaluations, 1.5);
  m.ssim = 1 - far;
  m.features = far;
  m.latent = far;
  return m;
}

Measured unlike(double) {
  Measured m;
  m.ssim = 0;
  m.features = m.latent = 1;
  return m;
}

const SearchStart kStart{{"euler", "normal", 1}, 20, 7};

const Effort& effort(const std::string& name) { return *std::ranges::find(efforts(), name, &Effort::name); }

TuneReport found(const Measure& measure, const std::string& name = "large") {
  TuneReport report;
  report.prompts = {"a cat"};
  search(effort(name), kStart, measure, unlike, {}, report);
  return report;
}

TEST(TuneSearch, FindsTheMethodThatConvergesFastest) {
  for (const auto& [level, at] : found(known).levels) {
    EXPECT_EQ(at.sampler, "deis") << to_string(level);
    EXPECT_EQ(at.scheduler, "beta") << to_string(level);
  }
}

TEST(TuneSearch, HeedsAClipWhereThereIsOne) {
  const auto judged = [](const Trial& trial) {
    Measured m = known(trial);
    m.clip = trial.cfg_scale <= 4 ? 0.30 : 0.28;
    return m;
  };
  EXPECT_EQ(found(known).cfg_scale, 6);
  const TuneReport report = found(judged);
  EXPECT_EQ(report.cfg_scale, 4);
  EXPECT_THAT(report.why_cfg, HasSubstr("and CLIP within 3 %"));
  EXPECT_NEAR(report.cfgs[0].clip, 0.30, 1e-9);
}

TEST(TuneSearch, MoreTimeIsNeverTakenForALowerLevel) {
  TuneReport report = found(known);
  EXPECT_GT(report.levels[Level::best].steps, report.levels[Level::balanced].steps);
  EXPECT_GT(report.levels[Level::balanced].steps, report.levels[Level::fast].steps);
  EXPECT_LT(report.points[Level::best].distance, report.points[Level::fast].distance);
}

TEST(TuneSearch, TakesTheStrongestGuidanceThatStillShowsThePrompt) {
  EXPECT_EQ(found(known).cfg_scale, 6);  // 0.296; 7 has 0.284, less than 95 % of 0.3
}

TEST(TuneSearch, LeavesOutGuidanceThatSpoilsPictures) {
  const TuneReport report = found([](const Trial& trial) {
    Measured m = known(trial);
    if (trial.cfg_scale > 4) m.look.contrast = 0.3;
    return m;
  });
  EXPECT_EQ(report.cfg_scale, 4);
  EXPECT_EQ(report.cfgs.back().left_out, "clips too many pixels");
}

TEST(TuneSearch, ASettingWithoutNumbersIsOutAndToldAndTheRestGoesOn) {
  const TuneReport report = found([](const Trial& trial) {
    Measured m = known(trial);
    if (trial.cfg_scale == 12) {
      m.is_broken = true;
      m.why = "step 3 of 20 gives no numbers";
    }
    return m;
  });
  EXPECT_THAT(report.notes, Contains(HasSubstr("uni_pc_bh2 with karras: gives no numbers")));
  EXPECT_THAT(report.notes, Contains("CFG 12: step 3 of 20 gives no numbers"));
  for (const auto& [level, at] : report.levels) EXPECT_NE(at.sampler, "uni_pc_bh2");
}

TEST(TuneSearch, ACheckpointThatGivesNoPictureAtAllIsRefused) {
  const auto nothing = [](const Trial&) {
    Measured m;
    m.is_broken = true;
    m.why = "gives no numbers";
    return m;
  };
  const auto done = catch_errors([&] { return found(nothing); });
  ASSERT_FALSE(done);
  EXPECT_THAT(done.error().message, HasSubstr("no CFG scale gives a picture: gives no numbers"));
}

TEST(TuneSearch, ARecommendationThatGivesNoPictureIsToldAndAnotherTakesItsPlace) {
  const SearchStart broken{{"uni_pc", "normal", 1}, 20, 7};
  std::vector<std::string> notes;
  EXPECT_EQ(usable_start(broken, known, notes).method.sampler, "dpmpp_2m");
  EXPECT_THAT(notes, Contains("the recommended settings (uni_pc, normal, 20 steps, CFG 7): gives no numbers"));
  notes.clear();
  EXPECT_EQ(usable_start(kStart, known, notes).method.sampler, "euler");
  EXPECT_TRUE(notes.empty());
}

TEST(TuneSearch, AsksForNoMoreThanItsCost) {
  for (const Effort& one : efforts()) {
    double asked = 0;
    std::set<std::string> seen;
    const auto count = [&](const Trial& trial) {
      Measured m = known(trial);
      if (m.is_broken) m = known({trial.kind, {"euler", "karras", 1}, trial.steps, trial.cfg_scale, trial.subject});
      if (seen.insert(trial.key()).second) asked += m.evaluations + (trial.kind == TrialKind::look ? 8 : 0) + 2.0;
      return m;
    };
    found(count, one.name);
    EXPECT_LE(asked, cost_of(one, kStart.steps, 2)) << one.name;
    EXPECT_GT(asked, 0.5 * cost_of(one, kStart.steps, 2)) << one.name;
  }
}

TEST(TuneSearch, BrokenOffAnywhereAndResumedItEndsTheSame) {
  const TuneReport whole = found(known, "medium");
  for (const int before_each_end : {1, 7, 100}) {
    std::map<std::string, Measured> kept;
    std::optional<TuneReport> resumed;
    while (!resumed) {
      int left = before_each_end;
      const auto some = catch_errors([&] {
        return found(
            [&](const Trial& trial) {
              if (const auto there = kept.find(trial.key()); there != kept.end()) return there->second;
              if (left-- == 0) fail(ErrorCode::cancelled, "killed");
              return kept[trial.key()] = known(trial);
            },
            "medium");
      });
      if (some) resumed = some.value();
    }
    EXPECT_EQ(resumed->levels, whole.levels);
    EXPECT_EQ(resumed->cfg_scale, whole.cfg_scale);
    EXPECT_EQ(resumed->notes, whole.notes);
  }
}

TEST(TuneSearch, ALesserKnownMethodIsNotTakenForNextToNothing) {
  TuneReport report = found([](const Trial& trial) {
    Measured m = known({trial.kind, {"euler", "karras", 1}, trial.steps, trial.cfg_scale, trial.subject});
    if (trial.method.sampler == "lms" && trial.method.scheduler == "karras") m.features *= 0.995;
    return m;
  });
  EXPECT_EQ(report.levels[Level::balanced].sampler, "dpmpp_2m");
}

TEST(TuneState, IsWhatWasMeasuredUnderTheSameConditionsAlone) {
  const TemporaryFolder folder;
  const TuningConditions conditions{"a file", "0.1", "euler", 64, 64, {"a \"cat\"\n", "\xff"}};
  TuningState state{conditions, 0.5, 2, {}};
  state.done["x"] = known({TrialKind::compare, {"euler", "normal", 1}, 20, 5, 1});
  state.done["y"] = known({TrialKind::compare, {"uni_pc_bh2", "normal", 1}, 20, 5, 1});
  ASSERT_TRUE(write_tuning_state(folder / "state", state));
  const TuningState back = read_tuning_state(folder / "state", conditions);
  EXPECT_EQ(back.seconds_per_evaluation, 0.5);
  EXPECT_EQ(back.done.at("x").ssim, state.done["x"].ssim);
  EXPECT_EQ(back.done.at("y").why, "gives no numbers");
  TuningConditions others = conditions;
  others.checkpoint = "another file";
  EXPECT_TRUE(read_tuning_state(folder / "state", others).done.empty());
}

TEST(TuneState, ThatIsDamagedIsNoState) {
  const TemporaryFolder folder;
  for (const char* text : {"", "{", "[]", "{\"conditions\": 7}", "{\"done\": {\"x\": 1}}"}) {
    folder.write("state", text);
    EXPECT_TRUE(read_tuning_state(folder / "state", {}).done.empty()) << text;
  }
}

TEST(TunePrompts, SuitWhatACheckpointIsFor) {
  ModelInfo info;
  EXPECT_THAT(prompts_for(info), Contains(HasSubstr("castle")));
  info.tags = "Anime, girl";
  EXPECT_THAT(prompts_for(info), Contains(HasSubstr("1girl")));
  info.metadata["modelspec.trigger_phrase"] = "zxc style";
  EXPECT_EQ(prompts_for(info)[0].find("zxc style, "), 0u);
  info.model_title = "PixelForge Starter Pixel";
  EXPECT_THAT(prompts_for(info), Contains(HasSubstr("purple mushroom")));
}

TEST(TuneReport, ShowsHostileNamesAsText) {
  TuneReport report = found(known, "tiny");
  const std::string hostile = "<script>alert(\"1\")</script>'&";
  report.checkpoint = report.notes.emplace_back(hostile);
  report.before.sampler_label = hostile;
  Image dot{1, 1, {1, 2, 3}};
  const std::string html = report_html(report, {{hostile, {hostile}, {hostile}, {{dot}}}});
  EXPECT_THAT(html, Not(HasSubstr("<script")));
  EXPECT_THAT(html, HasSubstr("&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&#39;&amp;"));
  EXPECT_THAT(html, Not(HasSubstr("http")));  // asks nothing of the network
}

}  // namespace
}  // namespace pxf::test
