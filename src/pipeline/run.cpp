#include "pipeline/run.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <optional>

#include "base/error.h"
#include "base/rng/brownian.h"
#include "base/rng/generator.h"
#include "formats/in_quotes.h"
#include "ops/arrange.h"
#include "ops/elementwise.h"
#include "sampling/guidance.h"
#include "sampling/prediction.h"

namespace pxf {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

// Keeps the count of what is done and tells the caller, who may answer that it is enough.
class Reporter {
 public:
  Reporter(const OnProgress& on_progress, const Plan& plan) : on_progress_(on_progress) {
    progress_.pictures = plan.count;
    progress_.steps = plan.steps;
  }

  void enter(Stage stage, int picture, int step) {
    progress_.stage = stage;
    progress_.picture = picture;
    progress_.step = step;
    progress_.seconds = seconds_since(start_);
    if (stage == Stage::steps && picture == 0 && step == 0) first_step_ = Clock::now();
    const int done = picture * progress_.steps + step;
    if (first_step_ && done > 0) {
      progress_.steps_per_second = done / std::max(1e-9, seconds_since(*first_step_));
      progress_.seconds_left = (progress_.pictures * progress_.steps - done) / progress_.steps_per_second;
    }
    if (on_progress_ && on_progress_(progress_) == Go::stop) fail(ErrorCode::cancelled, "cancelled");
  }

 private:
  const OnProgress& on_progress_;
  Progress progress_;
  Clock::time_point start_ = Clock::now();
  std::optional<Clock::time_point> first_step_;
};

bool all_finite(const Tensor& x) {
  return std::ranges::all_of(x.span<float>(), [](float v) { return std::isfinite(v); });
}

// Only looked for once the result has shown that something is wrong: it reads all weights.
std::optional<std::string> weight_that_is_not_finite(const Declarations& declarations) {
  std::vector<float> row;
  for (const Declaration& d : declarations) {
    row.resize(static_cast<std::size_t>(d.shape.numel()));
    d.weight->read_f32(0, row);
    if (!std::ranges::all_of(row, [](float v) { return std::isfinite(v); })) return d.weight->name();
  }
  return std::nullopt;
}

[[noreturn]] void fail_not_finite(const Model& model, const std::string& file, const std::string& where) {
  for (const Declarations* part : model.declarations()) {
    if (const auto name = weight_that_is_not_finite(*part)) {
      throw Failure(
          Error{ErrorCode::bad_file,
                fmt::format("the weights of {} hold NaN or infinity, so {}; the file is damaged: pull or copy it "
                            "again",
                            in_quotes(*name), where),
                file});
    }
  }
  throw Failure(Error{ErrorCode::bad_file,
                      fmt::format("{}, though all weights are finite; try a lower CFG scale or another sampler", where),
                      file});
}

void forget_forms(const Declarations& declarations) {
  for (const Declaration& d : declarations) d.weight->forget_forms();
}

class Sampling {
 public:
  Sampling(Context& ctx, const SettledPlan& settled, const Model& model, const Prompts& prompts)
      : ctx_(ctx),
        plan_(settled.plan),
        method_(settled.method),
        model_(model),
        prompts_(prompts),
        scale_(settled.plan.cfg_scale * settled.method.sampler->needs.guidance_factor) {
    if (auto both = as_batch(prompts)) both_ = *both;
  }

  // The latent of one picture, in the sampler's scale: (1, h, w, channels).
  Tensor operator()(std::uint64_t seed, const OnStep& on_step) const {
    const SamplerNeeds& needs = method_.sampler->needs;
    const LatentSpace& latent = model_.latent;
    const Shape drawn{1, latent.channels, plan_.height / latent.factor, plan_.width / latent.factor};
    const auto kind = plan_.noise == NoiseSource::cpu ? GeneratorKind::torch_cpu : GeneratorKind::torch_cuda;
    const Sigmas sigmas = make_sigmas(*method_.scheduler, model_.noise, plan_.steps, 1, needs.dropped_sigma);

    // Numbers are drawn in PyTorch's order, (C, H, W).
    const std::unique_ptr<Generator> generator = make_generator(kind, seed);
    const auto fresh = [&] {
      Tensor noise = ctx_.empty(drawn);
      generator->randn(noise.span<float>());
      return channels_last(noise);
    };
    std::optional<BrownianPath> path;
    if (needs.brownian) {
      const double lowest = sigmas.back() > 0 ? sigmas.back() : sigmas[sigmas.size() - 2];
      path.emplace(kind, seed, lowest, sigmas.front(), static_cast<std::size_t>(drawn.numel()));
    }
    SamplerOptions options;
    options.schedule = &model_.noise;
    options.noise = [&](const Tensor&, double from, double to) {
      return path ? channels_last(ctx_.from(path->noise(from, to), drawn)) : fresh();
    };
    options.guided = [this](const Tensor& x, double sigma) {
      const Outputs out = evaluate(x, sigma);
      return Guided{clean(cfg(out.positive, out.negative, scale_), x, sigma), clean(out.negative, x, sigma)};
    };
    const Denoise denoise = [this](const Tensor& x, double sigma) {
      if (scale_ == 1) return clean(evaluate(x, sigma, prompts_.positive), x, sigma);
      const Outputs out = evaluate(x, sigma);
      return clean(cfg(out.positive, out.negative, scale_), x, sigma);
    };
    return method_.sampler->sample(denoise, fresh() * sigmas.front(), sigmas, options, on_step);
  }

 private:
  struct Outputs {
    Tensor positive, negative;
  };

  // What the network says of x: with one conditioning, and with both, in one batch where they are of one length.
  Tensor evaluate(const Tensor& x, double sigma, const Conditioning& cond) const {
    return model_.network->predict(x * input_scale(model_.prediction, sigma),
                                   std::array{model_.noise.timestep_of(sigma)}, cond);
  }
  Outputs evaluate(const Tensor& x, double sigma) const {
    if (!both_.context.defined()) {
      return {evaluate(x, sigma, prompts_.positive), evaluate(x, sigma, prompts_.negative)};
    }
    const Tensor input = x * input_scale(model_.prediction, sigma);
    const double t = model_.noise.timestep_of(sigma);
    const Tensor out = model_.network->predict(concat_batch(std::array{input, input}), std::array{t, t}, both_);
    return {out.rows(0, 1), out.rows(1, 2)};
  }

  Tensor clean(const Tensor& output, const Tensor& x, double sigma) const {
    return denoised_from(model_.prediction, output, x, sigma);
  }

  Context& ctx_;
  const Plan& plan_;
  const Method& method_;
  const Model& model_;
  const Prompts& prompts_;
  double scale_;
  Conditioning both_;  // prompt and negative prompt as one batch, where they are of one length
};

Image to_image(const Tensor& decoded) {
  Image image;
  image.height = static_cast<int>(decoded.dim(1));
  image.width = static_cast<int>(decoded.dim(2));
  image.pixels.reserve(image.byte_count());
  for (const float v : decoded.span<float>()) {
    image.pixels.push_back(static_cast<std::uint8_t>(std::lround(std::clamp((v + 1) * 127.5f, 0.0f, 255.0f))));
  }
  return image;
}

}  // namespace

std::vector<Picture> run_plan(Context& ctx, const SettledPlan& settled, const Request& request, const Model& model,
                              const std::string& file, const ClipTokenizer& tokenizer, bool only_request,
                              const OnProgress& on_progress) {
  const Plan& plan = settled.plan;
  Reporter report(on_progress, plan);
  report.enter(Stage::text, 0, 0);
  const auto text_start = Clock::now();
  const Prompts prompts = encode_prompts(ctx, model, tokenizer, request, plan);
  const double text_seconds = seconds_since(text_start);
  if (only_request) {
    for (const auto& text : model.texts) forget_forms(text->declarations());
  }

  const Sampling sample(ctx, settled, model, prompts);
  std::vector<Picture> pictures;
  for (int k = 0; k < plan.count; ++k) {
    Picture picture;
    picture.seed = plan.seed + static_cast<std::uint64_t>(k);
    picture.seconds.text = k == 0 ? text_seconds : 0;
    report.enter(Stage::steps, k, 0);
    const auto steps_start = Clock::now();
    const Tensor latent = sample(picture.seed, [&](int step, const Tensor& x, const Tensor&) {
      if (!all_finite(x))
        fail_not_finite(model, file, fmt::format("step {} of {} gives no numbers", step + 1, plan.steps));
      report.enter(Stage::steps, k, std::min(step + 1, plan.steps));  // some samplers take more
    });
    picture.seconds.steps = seconds_since(steps_start);

    if (only_request && k + 1 == plan.count) forget_forms(model.network->declarations());
    report.enter(Stage::vae, k, plan.steps);
    ctx.memory().trim();  // the steps' blocks are of other sizes than the autoencoder's
    const auto vae_start = Clock::now();
    const Tensor decoded = model.autoencoder->decode(latent * (1 / model.latent.scale) + model.latent.shift);
    if (!all_finite(decoded)) fail_not_finite(model, file, "the VAE gives no picture");
    picture.image = to_image(decoded);
    picture.seconds.vae = seconds_since(vae_start);
    pictures.push_back(std::move(picture));
  }
  report.enter(Stage::done, plan.count - 1, plan.steps);
  return pictures;
}

}  // namespace pxf
