#include "pipeline/prompt_evidence.h"

#include "base/rng/picture_noise.h"
#include "ops/arrange.h"
#include "ops/elementwise.h"
#include "sampling/prediction.h"

namespace pxf {
namespace {

constexpr int kLevels = 8;
constexpr std::uint64_t kNoiseSeed = 20231;  // any: it is the same for all pictures that are compared

double squared_distance(const Tensor& a, const Tensor& b) {
  const std::span<const float> x = a.span<float>(), y = b.span<float>();
  double sum = 0;
  for (std::size_t i = 0; i < x.size(); ++i)
    sum += (static_cast<double>(x[i]) - y[i]) * (static_cast<double>(x[i]) - y[i]);
  return sum;
}

}  // namespace

double prompt_evidence(Context& ctx, const Model& model, const Prompts& prompts, const Plan& plan, const Tensor& latent,
                       const GuidedNetwork::Beside& beside) {
  Plan plain = plan;
  plain.guidance = {};
  plain.shortcuts = {};
  plain.cfg_scale = 1;
  GuidedNetwork network(model, prompts, plain, 1, 1, beside);
  network.at_step(plan.steps, 1);
  const Shape drawn{1, latent.dim(3), latent.dim(1), latent.dim(2)};
  const auto extent = [&](int axis) { return static_cast<std::size_t>(drawn.dim(axis)); };
  PictureNoise noise(GeneratorKind::torch_cpu, kNoiseSeed, {extent(1), extent(2), extent(3)});
  double sum = 0;
  for (int i = 0; i < kLevels; ++i) {
    const double sigma = model.noise.sigma_at((i + 0.5) / kLevels);
    const Tensor n = channels_last(ctx.from(noise.next(), drawn));
    const Guided said = network.guided(noised(model.prediction, latent, n, sigma), sigma);
    const double without = squared_distance(said.uncond, latent);
    if (without > 0) sum += 1 - squared_distance(said.denoised, latent) / without;
  }
  return sum / kLevels;
}

}  // namespace pxf
