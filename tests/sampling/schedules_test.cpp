// Held against ComfyUI, A1111, k-diffusion and diffusers (golden schedules/), whose sigmas are f32: rel 2e-5.
#include "sampling/schedules/schedules.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <map>

#include "golden_files.h"
#include "sampling/samplers.h"
#include "sampling/schedulers.h"

namespace pxf::test {
namespace {

constexpr double kTolerance = 2e-5;

/// The goldens' names say what the models are: "flow_shift_3", "flux_mu_1.15", "edm_0.002_120".
NoiseSchedule model_of(const std::string& name) {
  double a = 0, b = 0;
  if (std::sscanf(name.c_str(), "flow_shift_%lf", &a) == 1) return NoiseSchedule::flow(a);
  if (std::sscanf(name.c_str(), "flux_mu_%lf", &a) == 1) return NoiseSchedule::flow(std::exp(a), 10'000);
  if (std::sscanf(name.c_str(), "edm_%lf_%lf", &a, &b) == 2) return NoiseSchedule::edm(a, b);
  const NoiseSchedule sd = NoiseSchedule::scaled_linear();
  return name == "sd_zsnr" ? sd.with_zero_terminal_snr() : name == "sdxl" ? sd.tuned_for(TunedFor::sdxl) : sd;
}

bool all_numbers(const nlohmann::json& list) {
  return std::none_of(list.begin(), list.end(), [](const auto& value) { return value.is_null(); });
}

/// Compares every case of the file; of two schedules of one name, `prefix` tells which is meant.
void compare_cases(const std::string& file, const std::string& prefix = "") {
  if (!golden_has(file)) GTEST_SKIP();
  const auto all = golden_json(file);
  for (const auto& c : all["cases"]) {
    if (!c.contains("sigmas") || !all_numbers(c["sigmas"])) continue;  // the reference fails
    const std::string name = c["scheduler"];
    auto scheduler = find_scheduler(prefix + name);
    if (!scheduler) scheduler = find_scheduler(name);
    ASSERT_TRUE(scheduler) << name;
    if (prefix == "a1111_" && name.starts_with("align") && c["steps"] == 1) continue;  // it starts at the lowest level
    const bool drop = find_sampler(c.value("sampler", "euler")).value()->needs.dropped_sigma;
    const Sigmas got = make_sigmas(*scheduler.value(), model_of(c["model"]), c["steps"], c.value("denoise", 1.0), drop);
    // Near a right angle the references' f32 tangent has four digits.
    const double tolerance = name == "kl_optimal" && c["model"] == "sd_zsnr" ? 2e-4 : kTolerance;
    EXPECT_LE(worst_relative(got, numbers(c["sigmas"])), tolerance) << c.dump().substr(0, 120);
  }
}

TEST(SchedulesGolden, FollowComfyUi) { compare_cases("schedules/comfy.json"); }
TEST(SchedulesGolden, FollowComfyUiWhenDenoisingInPart) { compare_cases("schedules/comfy_denoise.json"); }
TEST(SchedulesGolden, FollowA1111) { compare_cases("schedules/a1111.json", "a1111_"); }

TEST(SchedulesGolden, FollowKDiffusionOnAnyRange) {
  if (!golden_has("schedules/k_diffusion.json")) GTEST_SKIP();
  const auto all = golden_json("schedules/k_diffusion.json");
  for (const auto& c : all["cases"]) {
    const std::string function = c["function"];
    const int n = c["n"];
    const double low = c.value("sigma_min", 0.0), high = c.value("sigma_max", 0.0), rho = c.value("rho", 0.0);
    Sigmas got;
    if (function == "karras") got = karras_sigmas(n, low, high, rho);
    if (function == "exponential") got = exponential_sigmas(n, low, high);
    if (function == "polyexponential") got = polyexponential_sigmas(n, low, high, rho);
    if (function == "laplace") got = laplace_sigmas(n, low, high, c["mu"], c["beta"]);
    if (function == "vp") got = vp_sigmas(n, c["beta_d"], c["beta_min"], c["eps_s"]);
    const double tolerance = function == "vp" ? 1e-3 : kTolerance;  // its exp(x) - 1 of small x in f32
    EXPECT_LE(worst_relative(got, numbers(c["sigmas"])), tolerance) << c.dump().substr(0, 120);
  }
}

TEST(SchedulesGolden, FollowTheSoughtSchedulesOfComfyUi) {
  if (!golden_has("schedules/tables_schedulers.json")) GTEST_SKIP();
  const std::map<std::string, TunedFor> models{{"SD1", TunedFor::sd1}, {"SDXL", TunedFor::sdxl},
                                               {"SVD", TunedFor::svd}, {"FLUX", TunedFor::flux},
                                               {"Wan", TunedFor::wan}, {"Chroma", TunedFor::chroma}};
  const auto all = golden_json("schedules/tables_schedulers.json");
  for (const auto& c : all["cases"]) {
    const int steps = c["steps"];
    const NoiseSchedule noise = NoiseSchedule::scaled_linear().tuned_for(models.at(c.value("model", "SD1")));
    Sigmas got = c["scheduler"] == "gits"
                     ? gits_sigmas(noise, steps, c["coeff"])
                     : find_scheduler(c["scheduler"].get<std::string>()).value()->sigmas(noise, steps);
    // These nodes cut a part off without laying out more steps for it.
    const auto kept = static_cast<std::ptrdiff_t>(std::nearbyint(steps * c["denoise"].get<double>())) + 1;
    got.erase(got.begin(), got.end() - kept);
    const double tolerance = c["scheduler"] == "gits" ? 3e-5 : kTolerance;  // published from a table in f32
    EXPECT_LE(worst_relative(got, numbers(c["sigmas"])), tolerance) << c.dump().substr(0, 120);
  }
}

TEST(SchedulesGolden, FollowDiffusers) {
  if (!golden_has("schedules/diffusers.json")) GTEST_SKIP();
  const std::map<std::pair<std::string, std::string>, std::string> schedules{
      {{"EulerDiscreteScheduler", "spacing leading"}, "leading"},
      {{"EulerDiscreteScheduler", "spacing trailing"}, "trailing"},
      {{"EulerDiscreteScheduler", "use_karras_sigmas"}, "karras"},
      {{"EulerDiscreteScheduler", "use_exponential_sigmas"}, "exponential"},
      {{"EulerDiscreteScheduler", "use_beta_sigmas"}, "use_beta_sigmas"},
      {{"LCMScheduler", "lcm"}, "lcm"},
      {{"TCDScheduler", "tcd"}, "lcm"},
      {{"FlowMatchEulerDiscreteScheduler", "flow shift"}, "normal"},
      {{"FlowMatchEulerDiscreteScheduler", "flux"}, "flow_uniform"},
  };
  const auto all = golden_json("schedules/diffusers.json");
  for (const auto& c : all["cases"]) {
    std::string kind = c["case"];
    const bool flux = kind.starts_with("flux ") && kind.find("linear") == std::string::npos;
    const auto found = schedules.find({c["class"].get<std::string>(), flux ? "flux" : kind});
    if (found == schedules.end() || c.contains("reference_raises")) continue;
    if (kind.starts_with("use_") && c["steps"] == 1) continue;  // its one step starts at the lowest level
    NoiseSchedule noise = NoiseSchedule::scaled_linear();
    if (kind == "flow shift") noise = NoiseSchedule::flow(c["config"]["shift"]);
    if (flux) noise = NoiseSchedule::flow(std::exp(c["args"]["mu"].get<double>()));
    const Sigmas got = find_scheduler(found->second).value()->sigmas(noise, c["steps"]);
    Sigmas want;
    if (c.contains("sigmas")) {
      want = numbers(c["sigmas"]);
    } else {
      for (const double t : numbers(c["timesteps"])) want.push_back(noise.sigma_of(t));
      want.push_back(0);
    }
    EXPECT_LE(worst_relative(got, want), kTolerance) << c.dump().substr(0, 300);
  }
}

TEST(NoiseScheduleGolden, ConvertsBetweenSigmaAndTimeAsComfyUiDoes) {
  if (!golden_has("schedules/conversions.json")) GTEST_SKIP();
  const auto all = golden_json("schedules/conversions.json");
  for (const auto& [name, want] : all.items()) {
    SCOPED_TRACE(name);
    const NoiseSchedule model = model_of(name);
    const bool table = !model.alphas_cumprod().empty();
    const double unit = name.starts_with("flux") ? 1000 : 1;  // ComfyUI counts FLUX's time from 0 to 1
    std::vector<double> sigmas, timesteps, passed;
    for (const double t : numbers(want["timestep"])) sigmas.push_back(model.sigma_of(t));
    for (const double s : numbers(want["sigma"])) {
      timesteps.push_back(table ? model.nearest_timestep(s) : model.timestep_of(s) / unit);
    }
    auto shares = numbers(want["percent"]), want_passed = numbers(want["sigma_of_percent"]);
    shares.erase(shares.begin(), shares.begin() + 2);  // 0 and 1, where ComfyUI answers "always" and "never"
    want_passed.erase(want_passed.begin(), want_passed.begin() + 2);
    for (const double share : shares) passed.push_back(model.sigma_at(share));
    EXPECT_LE(worst_relative(sigmas, numbers(want["sigma_of_timestep"])), kTolerance);
    EXPECT_LE(worst_relative(timesteps, numbers(want["timestep_of_sigma"])), table ? 0 : kTolerance);
    EXPECT_LE(worst_relative(passed, want_passed), kTolerance);
  }
}

TEST(NoiseScheduleGolden, HasTheTablesOfTheReferences) {
  if (!golden_has("schedules/tables.safetensors")) GTEST_SKIP();
  const GoldenArrays golden("schedules/tables.safetensors");
  const auto sd = NoiseSchedule::scaled_linear();
  EXPECT_LE(worst_relative(sd.alphas_cumprod(), golden.values("f64.sd.alphas_cumprod")), 1e-12);
  EXPECT_LE(worst_relative(sd.sigmas(), golden.values("comfy.sd.sigmas")), kTolerance);
  EXPECT_LE(worst_relative(NoiseSchedule::edm().sigmas(), golden.values("comfy.edm.sigmas")), kTolerance);
  EXPECT_LE(worst_relative(sd.with_zero_terminal_snr().sigmas(), golden.values("comfy.sd_zsnr.sigmas")), kTolerance);
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

TEST(Schedules, OneSoughtForAnotherModelSaysSo) {
  const NoiseSchedule flux = NoiseSchedule::flow(3).tuned_for(TunedFor::flux);
  EXPECT_THROW(make_sigmas(*find_scheduler("align_your_steps").value(), flux, 10), Failure);
  EXPECT_THROW(make_sigmas(*find_scheduler("optimal_steps").value(), NoiseSchedule::scaled_linear(), 10), Failure);
  EXPECT_THROW(gits_sigmas(NoiseSchedule::scaled_linear(), 10, 3), Failure);
}

TEST(Schedules, EveryOneFallsForAnyNumberOfSteps) {
  for (const SchedulerEntry& entry : all_schedulers()) {
    const bool flux = entry.name == "optimal_steps";
    const NoiseSchedule noise = flux ? NoiseSchedule::flow() : NoiseSchedule::scaled_linear();
    for (const int steps : {1, 2, 3, 4, 8, 13, 20, 33, 100, 999}) {
      const Sigmas sigmas = make_sigmas(entry, noise, steps);
      ASSERT_GE(sigmas.size(), 2u) << entry.name << " " << steps;
      for (std::size_t i = 1; i < sigmas.size(); ++i) {
        ASSERT_LT(sigmas[i], sigmas[i - 1]) << entry.name << " " << steps << " at " << i;
      }
      EXPECT_GE(sigmas.back(), 0);
    }
  }
}

TEST(Schedules, RefuseStepsAndStrengthsThatMakeNoSense) {
  const SchedulerEntry& normal = *find_scheduler("normal").value();
  const auto sd = NoiseSchedule::scaled_linear();
  EXPECT_THROW(make_sigmas(normal, sd, 0), Failure);
  EXPECT_THROW(make_sigmas(normal, sd, 1'000'000), Failure);
  EXPECT_THROW(make_sigmas(normal, sd, 20, 1.5), Failure);
  EXPECT_THROW(make_sigmas(normal, sd, 20, 1e-9), Failure);
  EXPECT_THROW(make_sigmas(normal, sd, 20, std::nan("")), Failure);
  EXPECT_TRUE(make_sigmas(normal, sd, 20, 0).empty());
}

}  // namespace
}  // namespace pxf::test
