// Held against ComfyUI, A1111 and k-diffusion (golden schedules/), whose sigmas are f32: rel 2e-5.
#include "sampling/schedules/schedules.h"

#include <gtest/gtest.h>

#include <map>

#include "golden_files.h"
#include "sampling/schedulers.h"

namespace pxf::test {
namespace {

constexpr double kTolerance = 2e-5;

const std::map<std::string, NoiseSchedule>& models() {
  static const std::map<std::string, NoiseSchedule> all{
      {"sd", NoiseSchedule::scaled_linear()},
      {"sd1", NoiseSchedule::scaled_linear()},  // A1111's name for it
      {"sd_zsnr", NoiseSchedule::scaled_linear().with_zero_terminal_snr()}};
  return all;
}

/// Compares every case of the file whose model and scheduler this program has.
void compare_cases(const std::string& file) {
  if (!golden_has(file)) GTEST_SKIP();
  const auto all = golden_json(file);
  int compared = 0;
  for (const auto& c : all["cases"]) {
    const auto model = models().find(c["model"]);
    const auto scheduler = find_scheduler(c["scheduler"].get<std::string>());
    if (model == models().end() || !scheduler || !c.contains("sigmas")) continue;
    if (c.contains("sampler") && c["sampler"] != "euler") continue;  // some samplers drop a sigma
    const Sigmas got = make_sigmas(*scheduler.value(), model->second, c["steps"], c.value("denoise", 1.0));
    EXPECT_LE(worst_relative(got, numbers(c["sigmas"])), kTolerance) << c.dump().substr(0, 120);
    ++compared;
  }
  EXPECT_GT(compared, 0);
}

TEST(SchedulesGolden, FollowComfyUi) { compare_cases("schedules/comfy.json"); }
TEST(SchedulesGolden, FollowComfyUiWhenDenoisingInPart) { compare_cases("schedules/comfy_denoise.json"); }
TEST(SchedulesGolden, FollowA1111) { compare_cases("schedules/a1111.json"); }

TEST(SchedulesGolden, KarrasAndExponentialFollowKDiffusionOnAnyRange) {
  if (!golden_has("schedules/k_diffusion.json")) GTEST_SKIP();
  const auto all = golden_json("schedules/k_diffusion.json");
  for (const auto& c : all["cases"]) {
    Sigmas got;
    if (c["function"] == "karras") got = karras_sigmas(c["n"], c["sigma_min"], c["sigma_max"], c["rho"]);
    if (c["function"] == "exponential") got = exponential_sigmas(c["n"], c["sigma_min"], c["sigma_max"]);
    if (got.empty()) continue;
    EXPECT_LE(worst_relative(got, numbers(c["sigmas"])), kTolerance) << c.dump().substr(0, 120);
  }
}

TEST(NoiseScheduleGolden, ConvertsBetweenSigmaAndTimeAsComfyUiDoes) {
  if (!golden_has("schedules/conversions.json")) GTEST_SKIP();
  const auto all = golden_json("schedules/conversions.json");
  for (const auto& [name, want] : all.items()) {
    const auto model = models().find(name);
    if (model == models().end()) continue;
    SCOPED_TRACE(name);
    std::vector<double> sigmas, timesteps;
    for (const double t : numbers(want["timestep"])) sigmas.push_back(model->second.sigma_of(t));
    for (const double s : numbers(want["sigma"])) timesteps.push_back(model->second.nearest_timestep(s));
    EXPECT_LE(worst_relative(sigmas, numbers(want["sigma_of_timestep"])), kTolerance);
    EXPECT_EQ(timesteps, numbers(want["timestep_of_sigma"]));
  }
}

TEST(NoiseScheduleGolden, HasTheTablesOfTheReferences) {
  if (!golden_has("schedules/tables.safetensors")) GTEST_SKIP();
  const GoldenArrays golden("schedules/tables.safetensors");
  const auto& sd = models().at("sd");
  EXPECT_LE(worst_relative(sd.alphas_cumprod(), golden.values("f64.sd.alphas_cumprod")), 1e-12);
  EXPECT_LE(worst_relative(sd.sigmas(), golden.values("comfy.sd.sigmas")), kTolerance);
  EXPECT_LE(worst_relative(models().at("sd_zsnr").sigmas(), golden.values("comfy.sd_zsnr.sigmas")), kTolerance);
}

TEST(NoiseSchedule, TimeOfSigmaUndoesSigmaOfTime) {
  const auto sd = NoiseSchedule::scaled_linear();
  for (const double t : {0.0, 0.25, 1.0, 17.5, 500.0, 998.9, 999.0})
    EXPECT_NEAR(sd.timestep_of(sd.sigma_of(t)), t, 1e-9);
  EXPECT_EQ(sd.timestep_of(0), 0);
  EXPECT_EQ(sd.timestep_of(1e9), 999);
  EXPECT_EQ(sd.nearest_timestep(0), 0);
  EXPECT_EQ(sd.nearest_timestep(1e9), 999);
}

TEST(NoiseSchedule, RefusesATableThatDoesNotFall) {
  EXPECT_THROW(NoiseSchedule({0.9, 0.95}), Failure);
  EXPECT_THROW(NoiseSchedule({0.9, 0.9}), Failure);
  EXPECT_THROW(NoiseSchedule({0.9}), Failure);
  EXPECT_THROW(NoiseSchedule({0.9, 0.0}), Failure);
}

TEST(Schedules, RefuseStepsAndStrengthsThatMakeNoSense) {
  const SchedulerEntry& normal = *find_scheduler("normal").value();
  const auto& sd = models().at("sd");
  EXPECT_THROW(make_sigmas(normal, sd, 0), Failure);
  EXPECT_THROW(make_sigmas(normal, sd, 1'000'000), Failure);
  EXPECT_THROW(make_sigmas(normal, sd, 20, 1.5), Failure);
  EXPECT_THROW(make_sigmas(normal, sd, 20, 1e-9), Failure);
  EXPECT_THROW(make_sigmas(normal, sd, 20, std::nan("")), Failure);
  EXPECT_TRUE(make_sigmas(normal, sd, 20, 0).empty());
}

}  // namespace
}  // namespace pxf::test
