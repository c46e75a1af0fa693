#include "pipeline/run.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "base/error.h"
#include "base/rng/brownian.h"
#include "base/rng/picture_noise.h"
#include "base/stopwatch.h"
#include "formats/in_quotes.h"
#include "image/resize.h"
#include "ops/arrange.h"
#include "ops/elementwise.h"
#include "pipeline/guided_network.h"
#include "pipeline/memory.h"
#include "pipeline/prompt_evidence.h"
#include "pipeline/start.h"
#include "sampling/latent_resize.h"
#include "sampling/prediction.h"

namespace pxf {
namespace {

// Keeps the count of what is done and tells the caller, who may answer that it is enough.
class Reporter {
 public:
  Reporter(const OnProgress& on_progress, const Plan& plan) : on_progress_(on_progress) {
    progress_.pictures = plan.count;
    progress_.steps = plan.steps + plan.hires_steps;
  }

  void enter(Stage stage, int picture, int step, const Image* preview = nullptr) {
    progress_.preview = preview;
    progress_.stage = stage;
    progress_.picture = picture;
    progress_.step = step;
    progress_.seconds = start_.seconds();
    if (stage == Stage::steps && picture == 0 && step == 0) first_step_.emplace();
    const int done = picture * progress_.steps + step;
    if (first_step_ && done > 0) {
      progress_.steps_per_second = done / std::max(1e-9, first_step_->seconds());
      progress_.seconds_left = (progress_.pictures * progress_.steps - done) / progress_.steps_per_second;
    }
    if (on_progress_ && on_progress_(progress_) == Go::stop) fail(ErrorCode::cancelled, "cancelled");
  }

 private:
  const OnProgress& on_progress_;
  Progress progress_;
  Stopwatch start_;
  std::optional<Stopwatch> first_step_;
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
  Sampling(Context& ctx, const SettledPlan& settled, const Model& model, const Request& request, const Start& start)
      : ctx_(ctx), plan_(settled.plan), method_(settled.method), model_(model), request_(request), start_(start) {}

  // The latent of one picture, in the sampler's scale: (1, h, w, channels). Of the picture only the seeds are looked
  // at, and only what is measured is written.
  Tensor operator()(const Prompts& prompts, Picture& picture, const OnStep& on_step) const {
    const SamplerNeeds& needs = method_.sampler->needs;
    const LatentSpace& latent = model_.latent;
    const Shape drawn{1, latent.channels, plan_.height / latent.factor, plan_.width / latent.factor};
    const auto kind = plan_.noise == NoiseSource::cpu ? GeneratorKind::torch_cpu : GeneratorKind::torch_cuda;
    const double strength = start_.latent.defined() ? request_.strength : 1;
    const Sigmas sigmas = make_sigmas(*method_.scheduler, model_.noise, plan_.steps, strength, needs.dropped_sigma);

    // Numbers are drawn in PyTorch's order, (C, H, W).
    PictureNoise noise(kind, picture.seed, noise_shape(drawn), variation_of(picture));
    const auto fresh = [&] { return channels_last(ctx_.from(noise.next(), drawn)); };
    std::optional<BrownianPath> path;
    if (needs.brownian) {
      const double lowest = sigmas.back() > 0 ? sigmas.back() : sigmas[sigmas.size() - 2];
      path.emplace(kind, picture.seed, lowest, sigmas.front(), static_cast<std::size_t>(drawn.numel()));
    }
    GuidedNetwork network(model_, prompts, plan_, needs.guidance_factor, request_.image_cfg, start_.beside);
    const Tensor first = fresh();
    SamplerOptions options;
    options.schedule = &model_.noise;
    options.noise = [&](const Tensor&, double from, double to) {
      return path ? channels_last(ctx_.from(path->noise(from, to), drawn)) : fresh();
    };
    int evaluations = 0;
    options.guided = [&](const Tensor& x, double sigma) {
      ++evaluations;
      Guided out = network.guided(with_kept(x, first, sigma), sigma);
      return Guided{under_mask(out.denoised), under_mask(out.uncond)};
    };
    const Denoise denoise = [&](const Tensor& x, double sigma) {
      ++evaluations;
      return under_mask(network.denoised(with_kept(x, first, sigma), sigma));
    };
    const auto next_step = [&](int step, const Tensor& x, const Tensor& denoised) {
      network.at_step(step + 2, (step + 1.0) / plan_.steps);  // samplers count from 0, prompts from 1
      on_step(step, x, denoised);
    };
    const Tensor begin = start_.latent.defined() ? noised(model_.prediction, with_fill(first), first, sigmas.front())
                                                 : first * sigmas.front();
    Tensor result = method_.sampler->sample(denoise, begin, sigmas, options, next_step);
    if (request_.measuring != Measuring::nothing) picture.measured = measures(prompts, result, evaluations);
    return result;
  }

 private:
  static NoiseShape noise_shape(const Shape& drawn) {
    const auto extent = [&](int axis) { return static_cast<std::size_t>(drawn.dim(axis)); };
    return {extent(1), extent(2), extent(3)};
  }
  SeedVariation variation_of(const Picture& picture) const {
    const auto cells = [&](const std::optional<int>& pixels) {
      return static_cast<std::size_t>(pixels.value_or(0) / model_.latent.factor);
    };
    return {picture.variation_seed, plan_.variation_strength, cells(request_.seed_resize_height),
            cells(request_.seed_resize_width), request_.noise_seed_delta};
  }
  PictureMeasures measures(const Prompts& prompts, const Tensor& latent, int evaluations) const {
    PictureMeasures out;
    const std::span<const float> values = latent.span<float>();
    out.latent.assign(values.begin(), values.end());
    out.evaluations = evaluations;
    if (request_.measuring == Measuring::prompt) {
      out.prompt_evidence = prompt_evidence(ctx_, model_, prompts, plan_, latent, start_.beside);
    }
    return out;
  }
  // The latent with what shall lie under the mask at the beginning.
  Tensor with_fill(const Tensor& noise) const {
    const bool as_it_is = request_.mask_fill == MaskFill::original || request_.mask_fill == MaskFill::fill;
    if (!start_.mask.defined() || as_it_is) return start_.latent;
    const Tensor kept = start_.latent - start_.latent * start_.mask;
    return request_.mask_fill == MaskFill::noise ? kept + noise * start_.mask : kept;
  }
  // What is kept, at this noise level, wherever the mask does not lie; as ComfyUI does it.
  Tensor with_kept(const Tensor& x, const Tensor& noise, double sigma) const {
    if (!start_.mask.defined()) return x;
    const Tensor kept = noised(model_.prediction, start_.latent, noise, sigma);
    return kept + (x - kept) * start_.mask;
  }
  Tensor under_mask(Tensor denoised) const {
    if (!start_.mask.defined()) return denoised;
    return start_.latent + (std::move(denoised) - start_.latent) * start_.mask;
  }

  Context& ctx_;
  const Plan& plan_;
  const Method& method_;
  const Model& model_;
  const Request& request_;
  const Start& start_;
};

// Draws the pictures of a plan one after another.
class Drawing {
 public:
  Drawing(Context& ctx, const SettledPlan& settled, const Request& request, const Model& model, const std::string& file,
          const ClipTokenizer& tokenizer, const Keeping& keeping, Previewer* previewer, const OnProgress& on_progress)
      : ctx_(ctx),
        settled_(settled),
        plan_(settled.plan),
        request_(request),
        model_(model),
        file_(file),
        tokenizer_(tokenizer),
        keeping_(keeping),
        previewer_(previewer),
        report_(on_progress, settled.plan),
        start_((take_turn(Part::vae), start_of(ctx, model, request, settled.plan))) {}

  Picture operator()(int k) {
    k_ = k;
    Picture picture;
    const auto number = static_cast<std::uint64_t>(k);
    picture.seed = seed_of(plan_, k);
    picture.variation_seed = plan_.variation_strength > 0 ? plan_.variation_seed + number : 0;
    picture.prompt = settled_.prompts[static_cast<std::size_t>(k)];
    encode(picture);
    if (plan_.hires_steps == 0) {
      const Tensor latent = sampled(settled_, request_, start_, *prompts_, picture, 0);
      picture.image = kept_outside_mask(decoded(latent, picture, plan_.steps), start_);
    } else {
      picture.image = in_two_passes(picture);
    }
    return picture;
  }

  void done() { report_.enter(Stage::done, plan_.count - 1, plan_.steps + plan_.hires_steps); }

 private:
  enum class Part : std::uint8_t { text, network, vae };

  void forget(Part part) const {
    if (part == Part::text) {
      for (const auto& text : model_.texts) forget_forms(text->declarations());
    } else if (part == Part::network) {
      forget_forms(model_.network->declarations());
      for (const Model::LaterNetwork& later : model_.later) forget_forms(later.network->declarations());
    } else {
      forget_forms(model_.autoencoder->declarations());
    }
  }

  // Where memory does not hold all parts at once, each has it while it works.
  void take_turn(Part part) const {
    const MemoryPlan& within = keeping_.within;
    if (!within.in_turn) return;
    for (const Part other : {Part::text, Part::network, Part::vae}) {
      if (other != part) forget(other);
    }
    ctx_.memory().trim();
    ctx_.limit_weights(part == Part::text ? within.text : part == Part::network ? within.network : within.vae);
  }

  // Once for each prompt that comes out of the variants.
  void encode(Picture& picture) {
    if (prompts_ && picture.prompt == encoded_) return;
    report_.enter(Stage::text, k_, 0);
    take_turn(Part::text);
    const Stopwatch watch;
    encoded_ = picture.prompt;
    prompts_ = encode_prompts(ctx_, model_, tokenizer_, encoded_, request_, plan_, settled_.embeddings);
    if (plan_.hires_steps > 0) {
      second_prompts_ =
          encode_prompts(ctx_, model_, tokenizer_, encoded_, request_, plan_, settled_.embeddings, Pass::second);
    }
    picture.seconds.text = watch.seconds();
    if (keeping_.only_request) forget(Part::text);
  }

  Image in_two_passes(Picture& picture) {
    const Tensor small = sampled(settled_, request_, start_, *prompts_, picture, 0);
    SettledPlan second = settled_;
    second.plan.width = plan_.hires_width;
    second.plan.height = plan_.hires_height;
    second.plan.steps = plan_.hires_steps;
    Request again = request_;
    again.strength = request_.hires_strength;
    const bool in_pixels = request_.hires_upscaler == HiresUpscaler::picture;
    if (in_pixels) again.init = resized(decoded(small, picture, plan_.steps), plan_.hires_width, plan_.hires_height);
    Start start = start_of(ctx_, model_, again, second.plan);
    if (!in_pixels) {
      const std::int64_t factor = model_.latent.factor;
      start.latent =
          resized_latent(small, plan_.hires_height / factor, plan_.hires_width / factor, request_.hires_upscaler);
    }
    const Tensor large = sampled(second, again, start, *second_prompts_, picture, plan_.steps);
    return decoded(large, picture, plan_.steps + plan_.hires_steps);
  }

  // The latent of one pass. `before`: steps of this picture that are done.
  Tensor sampled(const SettledPlan& settled, const Request& request, const Start& start, const Prompts& prompts,
                 Picture& picture, int before) {
    const Sampling sample(ctx_, settled, model_, request, start);
    const int steps = settled.plan.steps;
    report_.enter(Stage::steps, k_, before);
    take_turn(Part::network);
    const Stopwatch steps_watch;
    Tensor latent = sample(prompts, picture, [&](int step, const Tensor& x, const Tensor& denoised) {
      if (!all_finite(x))
        fail_not_finite(model_, file_, fmt::format("step {} of {} gives no numbers", step + 1, steps));
      std::optional<Image> preview;
      if (previewer_ != nullptr) preview = (*previewer_)(denoised);
      const int done = before + std::min(step + 1, steps);  // some samplers take more
      report_.enter(Stage::steps, k_, done, preview ? &*preview : nullptr);
    });
    picture.seconds.steps += steps_watch.seconds();
    const bool is_last = k_ + 1 == plan_.count && before + steps == plan_.steps + plan_.hires_steps;
    if (keeping_.only_request && is_last) forget(Part::network);
    return latent;
  }

  // `done`: steps of this picture.
  Image decoded(const Tensor& latent, Picture& picture, int done) {
    report_.enter(Stage::vae, k_, done);
    take_turn(Part::vae);
    ctx_.memory().trim();  // the steps' blocks are of other sizes than the autoencoder's
    const Stopwatch vae_watch;
    const Tensor scaled = mean_from(model_.latent, latent);
    const Tensor values =
        plan_.vae_tiling ? model_.autoencoder->decode_in_bands(scaled, kVaeBand) : model_.autoencoder->decode(scaled);
    if (!all_finite(values)) fail_not_finite(model_, file_, "the VAE gives no picture");
    picture.seconds.vae += vae_watch.seconds();
    return image_of(values);
  }

  Context& ctx_;
  const SettledPlan& settled_;
  const Plan& plan_;
  const Request& request_;
  const Model& model_;
  const std::string& file_;
  const ClipTokenizer& tokenizer_;
  const Keeping& keeping_;
  Previewer* previewer_;
  Reporter report_;
  Start start_;
  std::optional<Prompts> prompts_, second_prompts_;
  std::string encoded_;  // the text that they are of
  int k_ = 0;
};

}  // namespace

std::vector<Picture> run_plan(Context& ctx, const SettledPlan& settled, const Request& request, const Model& model,
                              const std::string& file, const ClipTokenizer& tokenizer, const Keeping& keeping,
                              Previewer* previewer, const OnProgress& on_progress, int first, int end) {
  Drawing draw(ctx, settled, request, model, file, tokenizer, keeping, previewer, on_progress);
  std::vector<Picture> pictures;
  for (int k = first; k < end; ++k) pictures.push_back(draw(k));
  if (end == settled.plan.count) draw.done();
  return pictures;
}

}  // namespace pxf
