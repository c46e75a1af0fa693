// Every run of golden samplers/ whose sampler this program has, step by step: abs 1e-8 in f64, 2e-5 in f32.
#include "sampling/samplers.h"

#include <gtest/gtest.h>

#include <optional>

#include "golden_files.h"

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

/// Whether the run asks for what is built here: ComfyUI's and k-diffusion's samplers, and the diffusers classes that
/// step as they do (EulerDiscrete asks the model before it adds the churn's noise; DPMSolverMultistep steps in VP
/// space).
bool can_follow(const nlohmann::json& run) {
  if (!find_sampler(run["sampler"].get<std::string>())) return false;
  if (run["library"] != "diffusers") return run["library"] == "comfy" || run["library"] == "k-diffusion";
  return run["model"] == "k" && run["options"].empty();
}

template <class T>
class SamplersGolden : public testing::Test {
 protected:
  static constexpr bool kIsDouble = std::is_same_v<T, double>;

  Tensor tensor(std::vector<double> values) {
    return on.ctx.from(std::span<const T>(std::vector<T>(values.begin(), values.end())), shape);
  }
  static std::vector<double> values(const Tensor& x) { return {x.span<T>().begin(), x.span<T>().end()}; }
  /// Row i of a golden (n, 1, C, H, W).
  std::vector<double> row(const std::vector<double>& all, std::size_t i) const {
    const auto size = static_cast<std::size_t>(shape.numel());
    return {all.begin() + static_cast<std::ptrdiff_t>(i * size),
            all.begin() + static_cast<std::ptrdiff_t>((i + 1) * size)};
  }
  void follow(const nlohmann::json& run);

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
void SamplersGolden<T>::follow(const nlohmann::json& run) {
  const std::string id = run["id"];
  SCOPED_TRACE(id);
  const bool diffusers = run["library"] == "diffusers";  // its tables are f32
  const double tolerance = kIsDouble && !diffusers ? 1e-8 : 2e-5;
  const MixtureDenoiser mixture(about["mixture"]["cond"], run["model"] == "flow");
  const auto rows = golden->values(id);
  const auto bank = golden->values("noise_bank");
  const Sigmas sigmas = numbers(run["sigmas"]);
  const auto model_calls = numbers(run["model_calls"]);

  std::size_t draws = 0, calls = 0;
  int steps = 0;
  SamplerOptions options{.noise = [&](const Tensor&, double from, double to) {
    if (const auto& listed = run["draws"]; listed.is_array()) {
      const auto interval = draws < listed.size() ? numbers(listed[draws]) : std::vector{-1.0, -1.0};
      EXPECT_TRUE(interval.empty() || worst_difference(interval, std::vector{from, to}) < 1e-9) << "draw " << draws;
    }
    return tensor(row(bank, draws++));
  }};
  options.eta = run["options"].value("eta", options.eta);
  options.s_noise = run["options"].value("s_noise", options.s_noise);
  options.s_churn = run["options"].value("s_churn", options.s_churn);
  options.s_tmin = run["options"].value("s_tmin", options.s_tmin);
  options.s_tmax = run["options"].value("s_tmax", options.s_tmax);
  options.flow = run["model"] == "flow";

  // A reference reports the x that it asks the model about.
  const auto denoise = [&](const Tensor& x, double sigma) {
    EXPECT_LT(calls, model_calls.size());
    EXPECT_NEAR(sigma, model_calls[calls], diffusers ? 1e-5 * sigma : 1e-9);
    EXPECT_LE(worst_difference(values(x), row(rows, calls)), tolerance) << "before step " << calls;
    ++calls;
    return mixture.operator()<T>(x, sigma);
  };
  auto start = diffusers ? row(rows, 0) : golden->values("initial_noise");
  if (!diffusers) {
    for (double& value : start) value *= sigmas[0];
  }
  const auto on_step = [&](int step, const Tensor&, const Tensor&) { EXPECT_EQ(step, steps++); };
  const SamplerEntry& sampler = *find_sampler(run["sampler"].get<std::string>()).value();
  const Tensor result = sampler.sample(denoise, tensor(start), sigmas, options, on_step);

  EXPECT_EQ(calls, model_calls.size());
  EXPECT_EQ(static_cast<std::size_t>(steps), sigmas.size() - 1);
  const auto last = rows.size() / static_cast<std::size_t>(shape.numel()) - 1;
  EXPECT_LE(worst_difference(values(result), row(rows, last)), tolerance) << "result";
}

TYPED_TEST(SamplersGolden, FollowTheReferenceTrajectories) {
  int followed = 0;
  for (const auto& run : this->about["runs"]) {
    if (!can_follow(run)) continue;
    this->follow(run);
    ++followed;
  }
  EXPECT_GT(followed, 0);
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
  for (const SamplerEntry& sampler : all_samplers()) {
    for (const Sigmas& sigmas : {Sigmas{}, Sigmas{1.0}}) {
      const Tensor result =
          sampler.sample(never, this->tensor(start), sigmas, {}, [](int, const Tensor&, const Tensor&) {});
      EXPECT_EQ(this->values(result), this->values(this->tensor(start)));
    }
  }
}

}  // namespace
}  // namespace pxf::test
