// Every run of golden samplers/ whose sampler this program has, step by step: abs 1e-8 in f64, 2e-5 in f32; er_sde 1e-6
// (its reference integrates in f32) and what has tables in f32, 2e-5.
#include "sampling/samplers.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>

#include "golden_files.h"
#include "ops/elementwise.h"
#include "sampling/guidance.h"
#include "sampling/schedules/schedules.h"

namespace pxf::test {
namespace {

constexpr const char* kRuns = "samplers/runs.json";

/// The denoiser of runs.json: E[z | x] for latents z drawn from a Gaussian mixture, per channel of (B, C, H, W).
struct MixtureDenoiser {
  std::vector<double> weight, mean, std, channel_shift;
  bool flow;

  MixtureDenoiser(const nlohmann::json& mixture, bool is_flow)
      : weight(numbers(mixture["weight"])),
        mean(numbers(mixture["mean"])),
        std(numbers(mixture["std"])),
        channel_shift(numbers(mixture["channel_shift"])),
        flow(is_flow) {}

  double operator()(double x, double sigma, std::size_t channel) const {
    const double alpha = flow ? 1 - sigma : 1;
    double total = 0, sum = 0;
    std::vector<double> exponent(weight.size());
    const auto variance = [&](std::size_t k) { return alpha * alpha * std[k] * std[k] + sigma * sigma; };
    const auto distance = [&](std::size_t k) { return x - alpha * (mean[k] + channel_shift[channel]); };
    for (std::size_t k = 0; k < weight.size(); ++k) exponent[k] = -distance(k) * distance(k) / (2 * variance(k));
    const double largest = *std::max_element(exponent.begin(), exponent.end());  // else all may round to 0
    for (std::size_t k = 0; k < weight.size(); ++k) {
      const double r = weight[k] / std::sqrt(variance(k)) * std::exp(exponent[k] - largest);
      total += r;
      sum += r * (mean[k] + channel_shift[channel] + alpha * std[k] * std[k] / variance(k) * distance(k));
    }
    return sum / total;
  }

  template <class T>
  Tensor operator()(const Tensor& x, double sigma) const {
    std::vector<T> out;
    const auto place = static_cast<std::size_t>(x.dim(2) * x.dim(3));
    for (std::size_t i = 0; i < x.span<T>().size(); ++i) {
      out.push_back(static_cast<T>((*this)(x.span<T>()[i], sigma, i / place % channel_shift.size())));
    }
    return x.context().from(std::span<const T>(out), x.shape());
  }
};

/// A run of the goldens as a call of a sampler here.
struct Call {
  std::string sampler;
  SamplerOptions options;
  Sigmas sigmas;
  bool vp = false;             // x is kept as x / sqrt(1 + sigma^2), and the model is called with timesteps
  bool skips_result = false;   // the reference ends elsewhere
  bool row_each_call = false;  // the golden has x at each call of the model, else at the first one of each step
  double tolerance = 1e-8;
};

bool is_flow(const nlohmann::json& run) { return run.value("model", "") == "flow"; }

const NoiseSchedule& schedule_of(const nlohmann::json& run) {
  static const NoiseSchedule sd = NoiseSchedule::scaled_linear(), flow = NoiseSchedule::flow(3);
  return is_flow(run) ? flow : sd;
}

SamplerOptions options_of(const nlohmann::json& run) {
  SamplerOptions options;
  const auto& given = run["options"];
  if (given.contains("eta")) options.eta = given["eta"].get<double>();
  options.s_noise = given.value("s_noise", options.s_noise);
  options.s_churn = given.value("s_churn", options.s_churn);
  options.s_tmin = given.value("s_tmin", options.s_tmin);
  options.s_tmax = given.value("s_tmax", options.s_tmax);
  for (const char* name : {"order", "max_order", "max_stage", "predictor_order"}) {
    options.order = given.value(name, options.order);
  }
  options.corrector_order = given.value("corrector_order", options.corrector_order);
  options.simple = given.value("simple_order_2", options.simple);
  options.r = given.value("r", options.r);
  options.gamma = given.value("ge_gamma", options.gamma);
  options.rtol = given.value("rtol", options.rtol);
  options.atol = given.value("atol", options.atol);
  options.flow = is_flow(run);
  options.schedule = &schedule_of(run);
  return options;
}

Sigmas without_repeats(Sigmas sigmas) {
  sigmas.erase(std::unique(sigmas.begin(), sigmas.end()), sigmas.end());
  return sigmas;
}

/// A1111's samplers that walk timesteps, from the last to the first, in the space of VP.
Call a1111_call(const nlohmann::json& run) {
  Call call{run["sampler"], options_of(run), {}, true};
  for (const double t : numbers(run["timesteps"]))
    call.sigmas.insert(call.sigmas.begin(), schedule_of(run).sigma_of(t));
  call.tolerance = 2e-5;  // its table is f32
  return call;
}

/// diffusers' classes step as samplers here do, some under another name, with other options or in another space.
std::optional<Call> diffusers_call(const nlohmann::json& run) {
  const auto found = find_sampler(run["sampler"].get<std::string>());
  if (!found) return std::nullopt;
  Call call{std::string(found.value()->name), options_of(run), {}, run["model"] == "vp"};
  call.row_each_call = true;
  call.tolerance = 2e-5;
  const auto& config = run["config"];
  if (run.contains("sigmas")) {
    call.sigmas = without_repeats(numbers(run["sigmas"]));
  } else {
    for (const double t : without_repeats(numbers(run["timesteps"])))
      call.sigmas.push_back(schedule_of(run).sigma_of(t));
    const bool ends_clean = call.sampler == "euler_ancestral" || call.sampler == "lcm";
    call.sigmas.push_back(ends_clean ? 0 : schedule_of(run).sigma_min());
  }
  if (call.sampler == "euler" && call.options.s_churn > 0) return std::nullopt;  // asks before it adds the noise
  if (call.sampler == "dpmpp_2m") {
    if (config.value("solver_order", 2) != 2) return std::nullopt;  // third order without noise
    if (config.value("solver_type", "") == "heun") {
      call.sampler = "dpmpp_2m_sde_heun";
      call.options.eta = 0;
    } else if (config.value("algorithm_type", "") == "sde-dpmsolver++") {
      call.sampler = "dpmpp_2m_sde";
    } else if (call.options.flow) {
      call.sampler = "dpmpp_2m_sde";
      call.options.eta = 0;
    }
  }
  if (call.sampler == "euler" && config.value("stochastic_sampling", false)) call.sampler = "lcm";
  if (call.sampler == "uni_pc") {
    if (call.options.flow) return std::nullopt;  // aware of log-SNR there
    call.sampler = config.value("solver_type", "bh2") == "bh1" ? "uni_pc" : "uni_pc_bh2";
    call.options.order = config.value("solver_order", 2);
    call.skips_result = call.sigmas.back() == 0;  // ours is ComfyUI's, which ends at 0.001
  }
  return call;
}

/// Nothing where no sampler here steps as the run's.
std::optional<Call> call_of(const nlohmann::json& run) {
  if (run["library"] == "diffusers") return diffusers_call(run);
  const auto found = find_sampler(run["sampler"].get<std::string>());
  if (!found) return std::nullopt;
  if (!run.contains("model")) return a1111_call(run);
  Call call{std::string(found.value()->name), options_of(run), numbers(run["sigmas"])};
  if (call.sampler == "lms" && run["library"] == "k-diffusion") call.sampler = "k_lms";
  if (call.sampler == "er_sde") call.tolerance = 1e-6;
  // What ComfyUI does with a flow here is to treat it as if it were none; ours is the flow's ancestral step.
  if (run["sampler"] == "ddpm" && call.options.flow) return std::nullopt;
  // ComfyUI forgets the last step unless it leads to 0.
  if (call.sampler.starts_with("sa_solver")) call.skips_result = call.sigmas.back() > 0;
  // Asked for one step, ComfyUI's UniPC gives the noise back.
  if (call.sampler.starts_with("uni_pc") && call.sigmas.size() == 2) return std::nullopt;
  return call;
}

template <class T>
class SamplersGolden : public testing::Test {
 protected:
  static constexpr bool kIsDouble = std::is_same_v<T, double>;

  Tensor tensor(std::vector<double> values) {
    return on.ctx.from(std::span<const T>(std::vector<T>(values.begin(), values.end())), shape);
  }
  static std::vector<double> values(const Tensor& x) { return {x.span<T>().begin(), x.span<T>().end()}; }
  static std::vector<double> scaled(std::vector<double> values, double factor) {
    for (double& value : values) value *= factor;
    return values;
  }
  /// Row i of a golden (n, 1, C, H, W).
  std::vector<double> row(const std::vector<double>& all, std::size_t i) const {
    const auto size = static_cast<std::size_t>(shape.numel());
    return {all.begin() + static_cast<std::ptrdiff_t>(i * size),
            all.begin() + static_cast<std::ptrdiff_t>((i + 1) * size)};
  }
  /// The denoised latent of one side of the mixture. In VP space the model gives eps at a whole timestep.
  Tensor model(const std::string& side, const nlohmann::json& run, const Tensor& x, double sigma, double called_with) {
    const MixtureDenoiser mixture(about["mixture"][side], is_flow(run));
    if (run.value("model", "vp") != "vp") return mixture.operator()<T>(x, sigma);
    const double own = schedule_of(run).sigma_of(called_with);
    const Tensor own_x = x * (std::hypot(1, own) / std::hypot(1, sigma));  // x / sqrt(alphas_cumprod)
    const Tensor eps = (own_x - mixture.operator()<T>(own_x, own)) / own;
    return x - eps * sigma;
  }
  void follow(const nlohmann::json& run, Call call);

  void SetUp() override {
    if (!golden_has(kRuns)) GTEST_SKIP();
    about = golden_json(kRuns);
    golden.emplace("samplers/runs.safetensors");
    shape = Shape(std::span<const std::int64_t>(about["shape"].get<std::vector<std::int64_t>>()));
  }

  Computer on{"reference"};
  nlohmann::json about;
  std::optional<GoldenArrays> golden;
  Shape shape;  // of x
};
using Types = testing::Types<float, double>;
TYPED_TEST_SUITE(SamplersGolden, Types);

template <class T>
void SamplersGolden<T>::follow(const nlohmann::json& run, Call call) {
  const std::string id = run["id"];
  SCOPED_TRACE(id);
  const SamplerEntry& sampler = *find_sampler(call.sampler).value();
  const double tolerance = kIsDouble ? call.tolerance : std::max(call.tolerance, 2e-5);
  const auto rows = golden->values(id);
  const auto bank = golden->values("noise_bank");
  const auto model_calls = numbers(run["model_calls"]);
  const std::size_t row_count = rows.size() / static_cast<std::size_t>(shape.numel());
  // What the golden keeps of x at a sigma.
  const auto kept = [&](const Tensor& x, double sigma) {
    return scaled(values(x), call.vp ? 1 / std::hypot(1, sigma) : 1);
  };

  std::size_t draws = 0, calls = 0;
  int steps = 0, last_row = -1;
  call.options.noise = [&](const Tensor&, double from, double to) {
    if (const auto& listed = run["draws"]; listed.is_array()) {
      EXPECT_LT(draws, listed.size());
      const auto interval = draws < listed.size() ? numbers(listed[draws]) : std::vector{-1.0, -1.0};
      EXPECT_TRUE(interval.empty() || worst_difference(interval, std::vector{from, to}) < 1e-9) << "draw " << draws;
    }
    return tensor(row(bank, draws++));
  };
  const auto seen = [&](const Tensor& x, double sigma) {
    ASSERT_LT(calls, model_calls.size());
    if (!call.vp) {
      EXPECT_NEAR(sigma, model_calls[calls], call.row_each_call ? 5e-5 * sigma : 1e-9) << "call " << calls;
    }
    // A reference reports the x that it asks the model about; UniPC and DPM adaptive, what came of it.
    const bool reports_before =
        call.row_each_call || (!call.sampler.starts_with("uni_pc") && call.sampler != "dpm_adaptive");
    if (!reports_before || (!call.row_each_call && last_row == steps)) return;
    last_row = call.row_each_call ? static_cast<int>(calls) : steps;
    EXPECT_LE(worst_difference(kept(x, sigma), row(rows, static_cast<std::size_t>(last_row))), tolerance)
        << "at call " << calls;
  };
  const auto ask = [&](const std::string& side, const Tensor& x, double sigma) {
    return model(side, run, x, sigma, calls < model_calls.size() ? model_calls[calls] : 0);
  };
  const auto denoise = [&](const Tensor& x, double sigma) {
    seen(x, sigma);
    const Tensor denoised = ask("cond", x, sigma);
    ++calls;
    return denoised;
  };
  call.options.guided = [&](const Tensor& x, double sigma) {
    seen(x, sigma);
    const Tensor cond = ask("cond", x, sigma), uncond = ask("uncond", x, sigma);
    ++calls;
    const double scale = about["cfg_for_cfg_pp"].get<double>() * sampler.needs.guidance_factor;
    return Guided{cfg(cond, uncond, scale), uncond};
  };
  std::size_t trial = 0;
  const auto on_step = [&](int step, const Tensor& x, const Tensor&) {
    EXPECT_EQ(step, steps++);
    if (call.sampler != "dpm_adaptive") return;
    while (trial > 0 && trial + 1 < row_count && row(rows, trial) == row(rows, trial - 1)) ++trial;  // rejected ones
    EXPECT_LE(worst_difference(values(x), row(rows, trial++)), tolerance) << "after step " << step;
  };

  const auto noise = golden->values("initial_noise");
  auto start = call.row_each_call ? row(rows, 0) : noise;
  if (call.vp) {
    start = scaled(start, std::hypot(1, call.sigmas[0]));
  } else if (!call.row_each_call) {
    start = scaled(start, call.sigmas[0]);
  }
  const Tensor result = sampler.sample(denoise, tensor(start), call.sigmas, call.options, on_step);

  EXPECT_EQ(calls, model_calls.size());
  if (!call.row_each_call && call.sampler != "dpm_adaptive") {
    EXPECT_EQ(static_cast<std::size_t>(steps), row_count - 1);
  }
  if (call.skips_result) return;
  EXPECT_LE(worst_difference(kept(result, call.sigmas.back()), row(rows, row_count - 1)), tolerance) << "result";
}

TYPED_TEST(SamplersGolden, FollowTheReferenceTrajectories) {
  std::map<std::string, int> followed;
  std::string left;
  for (const nlohmann::json& run : this->about["runs"]) {
    const auto call = call_of(run);
    // The steps that it chooses hang on differences that f32 does not hold.
    if (call && call->sampler == "dpm_adaptive" && !TestFixture::kIsDouble) continue;
    if (call) {
      this->follow(run, *call);
      ++followed[call->sampler];
    } else {
      left += " " + run["id"].get<std::string>();
    }
  }
  EXPECT_FALSE(followed.empty());
  for (const auto& [sampler, runs] : followed) this->RecordProperty(sampler, runs);
  this->RecordProperty("left", left);
}

TYPED_TEST(SamplersGolden, TheTestsOwnDenoiserIsTheOneOfTheReferences) {
  for (const auto& c : this->about["probe"]) {
    const std::string key = c["key"];
    for (const std::string part : {"cond", "uncond"}) {
      const MixtureDenoiser mixture(this->about["mixture"][part], c["model"] == "flow");
      const Tensor got = mixture.operator()<TypeParam>(this->tensor(this->golden->values(key + ".x")), c["sigma"]);
      const auto want = this->golden->values(key + "." + part);
      EXPECT_LE(worst_difference(this->values(got), want), this->kIsDouble ? 1e-12 : 2e-5) << key << "." << part;
    }
  }
}

TYPED_TEST(SamplersGolden, FewerThanTwoSigmasLeaveXAsItIs) {
  const auto start = this->golden->values("initial_noise");
  const auto never = [](const Tensor& x, double) { return ADD_FAILURE(), x; };
  SamplerOptions options;
  options.guided = [](const Tensor& x, double) { return ADD_FAILURE(), Guided{x, x}; };
  for (const SamplerEntry& sampler : all_samplers()) {
    for (const Sigmas& sigmas : {Sigmas{}, Sigmas{1.0}}) {
      const Tensor result =
          sampler.sample(never, this->tensor(start), sigmas, options, [](int, const Tensor&, const Tensor&) {});
      EXPECT_EQ(this->values(result), this->values(this->tensor(start)));
    }
  }
}

TYPED_TEST(SamplersGolden, CfgPlusPlusWithoutGuidanceSaysWhatIsMissing) {
  const auto never = [](const Tensor& x, double) { return ADD_FAILURE(), x; };
  const Tensor x = this->tensor(this->golden->values("initial_noise"));
  for (const SamplerEntry& sampler : all_samplers()) {
    if (!sampler.needs.uncond) continue;
    EXPECT_THROW(sampler.sample(never, x, {1, 0}, {}, [](int, const Tensor&, const Tensor&) {}), Failure)
        << sampler.name;
  }
}

/// The pipeline trusts what the list says of noise.
TYPED_TEST(SamplersGolden, ThoseThatDrawNothingNeedNoNoise) {
  const MixtureDenoiser mixture(this->about["mixture"]["cond"], false);
  const Denoise denoise = [&](const Tensor& x, double sigma) { return mixture.operator()<TypeParam>(x, sigma); };
  for (const SamplerEntry& sampler : all_samplers()) {
    int draws = 0;
    SamplerOptions options;
    options.noise = [&](const Tensor& x, double, double) { return ++draws, x; };
    options.guided = [&](const Tensor& x, double sigma) { return Guided{denoise(x, sigma), denoise(x, sigma)}; };
    const Sigmas sigmas = karras_sigmas(24, 0.03, 14.6, 7);
    sampler.sample(denoise, this->tensor(this->golden->values("initial_noise")) * 14.6, sigmas, options,
                   [](int, const Tensor&, const Tensor&) {});
    EXPECT_EQ(draws > 0, sampler.needs.noise) << sampler.name;
  }
}

}  // namespace
}  // namespace pxf::test
