#include "pipeline/plan.h"

#include <algorithm>
#include <cmath>
#include <random>
#include <set>
#include <utility>

#include "base/error.h"
#include "image/utf8.h"
#include "pipeline/canvas.h"
#include "pipeline/conditioning.h"
#include "pipeline/guidance_check.h"
#include "pipeline/presets.h"
#include "pipeline/prompt_texts.h"
#include "pipeline/shortcuts_check.h"
#include "recipe/guidance_fields.h"
#include "sampling/misfit.h"

namespace pxf {
namespace {

constexpr int kLargestSide = 16384;
constexpr int kMostSteps = 10000;
constexpr int kMostPictures = 1000;

void check_parts(const ModelInfo& info, const Model& model) {
  const char* missing = !model.network        ? "UNet"
                        : model.texts.empty() ? "text encoder"
                        : !model.autoencoder  ? "VAE"
                                              : nullptr;
  if (missing != nullptr) {
    throw Failure(Error{ErrorCode::unsupported,
                        fmt::format("has no {}; need a checkpoint with UNet, VAE and text encoder in one file{}",
                                    missing, std::string_view(missing) == "VAE" ? ", or a VAE beside it (--vae)" : ""),
                        info.path.empty() ? info.name : info.path});
  }
}

int check_side(const char* name, int got, std::int64_t factor) {
  const int step = static_cast<int>(factor);
  const int nearest = std::max(step, (got + step / 2) / step * step);
  require(got >= step && got <= kLargestSide, "{}: got {}, need {} to {}", name, got, step, kLargestSide);
  require(got % step == 0, "{}: got {}, need a multiple of {}; try {}", name, got, step, nearest);
  return got;
}

int check_range(const char* name, int got, int lowest, int highest) {
  require(got >= lowest && got <= highest, "{}: got {}, need {} to {}", name, got, lowest, highest);
  return got;
}

/// Image-to-image, and checkpoints that need a picture.
void check_pictures(const Model& model, const Request& request) {
  require(request.init || !model.family->follows_picture,
          "init: got none; {} changes a picture, so give it one with --init", model.family->title);
  require(request.init || !request.mask, "mask: got one without a picture; give the picture with --init");
  if (!request.init && model.family->extra_channels == 0) return;
  require(model.autoencoder->has_encoder(),
          "init: this checkpoint's VAE has no encoder, so it cannot take pictures in");
  if (!request.init) return;
  const Image& init = *request.init;
  require(init.width > 0 && init.height > 0 && init.pixels.size() == init.byte_count(),
          "init: got {} bytes of pixels for {}x{}", init.pixels.size(), init.width, init.height);
  require(request.strength > 0 && request.strength <= 1, "strength: got {}, need above 0, at most 1", request.strength);
  require(request.mask_blur >= 0 && request.mask_blur <= 256, "mask blur: got {}, need 0 to 256", request.mask_blur);
  require(std::isfinite(request.image_cfg) && request.image_cfg >= 0 && request.image_cfg <= kLargestCfg,
          "image CFG scale: got {}, need 0 to {}", request.image_cfg, kLargestCfg);
  if (!request.mask) return;
  require(request.mask->width == init.width && request.mask->height == init.height,
          "mask: got {}x{}, need the picture's {}x{}", request.mask->width, request.mask->height, init.width,
          init.height);
  require(request.mask->pixels.size() == request.mask->byte_count(), "mask: got {} bytes of pixels for {}x{}",
          request.mask->pixels.size(), request.mask->width, request.mask->height);
}

/// The size of a picture that is changed: its own where that is near what the checkpoint was trained on, else its shape
/// at that area.
Sides sides_near(const Sides& init, const Recommended& usual, std::int64_t factor) {
  const double area = static_cast<double>(init.width) * init.height;
  const double trained = static_cast<double>(usual.width) * usual.height;
  const double scale = area > 1.5 * trained || area < trained / 2 ? std::sqrt(trained / area) : 1;
  const auto side = [&](int pixels) {
    const auto f = static_cast<double>(factor);
    return static_cast<int>(std::max(1.0, std::round(pixels * scale / f)) * f);
  };
  return {side(init.width), side(init.height)};
}

std::uint64_t random_seed() {
  std::random_device device;
  return device();  // 32 bits: what a PyTorch CPU generator uses of a seed
}

/// Of image-to-image where the request says none.
Sides usual_sides(const Request& request, const Recommended& usual, std::int64_t factor) {
  if (request.only_masked) return sides_near(sides_of(masked_region(request)), usual, factor);
  const Sides canvas = canvas_size(request);
  return request.outpaint.any() ? canvas : sides_near(canvas, usual, factor);
}

void settle_variation(const Model& model, const Request& request, Plan& plan) {
  require(request.variation_strength >= 0 && request.variation_strength <= 1, "variation strength: got {}, need 0 to 1",
          request.variation_strength);
  plan.variation_strength = request.variation_strength;
  if (plan.variation_strength > 0) plan.variation_seed = request.variation_seed.value_or(random_seed());
  require(request.seed_resize_width.has_value() == request.seed_resize_height.has_value(),
          "seed resize: got one side, need two");
  if (!request.seed_resize_width) return;
  check_side("seed resize width", *request.seed_resize_width, model.latent.factor);
  check_side("seed resize height", *request.seed_resize_height, model.latent.factor);
}

void settle_hires(const Model& model, const Request& request, Plan& plan) {
  if (!request.hires) return;
  require(!request.init, "hires: got one with a picture to begin with; give a larger size instead");
  require(*request.hires > 1 && *request.hires <= 8, "hires: got {}, need above 1, at most 8", *request.hires);
  require(request.hires_strength > 0 && request.hires_strength <= 1, "hires strength: got {}, need above 0, at most 1",
          request.hires_strength);
  require(request.hires_upscaler != HiresUpscaler::picture || model.autoencoder->has_encoder(),
          "hires: this checkpoint's VAE has no encoder, so its picture cannot begin a second pass; the upscaler "
          "\"latent\" needs none");
  const auto side = [&](const char* name, int pixels) {
    const auto f = static_cast<double>(model.latent.factor);
    return check_side(name, static_cast<int>(std::round(pixels * *request.hires / f) * f), model.latent.factor);
  };
  plan.hires_width = side("hires width", plan.width);
  plan.hires_height = side("hires height", plan.height);
  const int share = static_cast<int>(std::lround(plan.steps * request.hires_strength));
  plan.hires_steps = check_range("hires steps", request.hires_steps.value_or(std::max(1, share)), 1, kMostSteps);
  plan.strength = request.hires_strength;
}

/// What is known against the passes' sigmas. Throws what make_sigmas does: better here than after the text.
std::vector<std::string> misfits(const Model& model, const Request& request, const Method& method, const Plan& plan) {
  std::vector<std::string> out;
  const auto look_at = [&](int steps, double strength) {
    const bool drops = method.sampler->needs.dropped_sigma;
    const Sigmas sigmas = make_sigmas(*method.scheduler, model.noise, steps, strength, drops);
    std::string one = misfit(*method.sampler, *method.scheduler, model.noise, steps, sigmas);
    if (!one.empty() && out.empty()) out.push_back(std::move(one));
  };
  look_at(plan.steps, request.init && plan.strength ? *plan.strength : 1);
  if (plan.hires_steps > 0) look_at(plan.hires_steps, request.hires_strength);
  // CFG++ steps along the unguided noise, so that its scale works far stronger: on the starter the grain begins
  // above 2.
  const SamplerNeeds& needs = method.sampler->needs;
  if (needs.uncond && needs.guidance_factor == 1 && plan.cfg_scale > 2) {
    out.push_back(fmt::format("{} at CFG scale {} is overdone; CFG++ samplers are made for 1 to 2",
                              method.sampler->name, plan.cfg_scale));
  }
  return out;
}

int evaluations_of(const Model& model, const PromptPlan& prompt, const Plan& plan) {
  if (model.family->follows_picture) return 3;
  const bool alone = prompt.parts.size() == 1 && prompt.parts[0].weight == 1;
  const bool without_prompt = !alone || uses_cfg(plan.guidance, plan.cfg_scale);
  return static_cast<int>(prompt.parts.size()) * (1 + extra_passes(plan.guidance)) + int{without_prompt};
}

// A picture's parameters hold it, and a PNG holds only such text.
void check_text(const char* name, const std::string& text) {
  require(is_utf8(text), "{}: is not UTF-8 text; convert it first", name);
  require(text.find('\0') == std::string::npos, "{}: holds a zero byte; remove it", name);
}

}  // namespace

Result<SettledPlan> settle(const ModelInfo& info, const Model& model, const Request& request) {
  return catch_errors([&] {
    check_parts(info, model);
    check_text("prompt", request.prompt);
    check_text("negative prompt", request.negative);
    check_pictures(model, request);
    check_canvas(request);
    Recommended usual = at_level(info.recommended ? *info.recommended : recommended_for(model), request.level);
    if (request.init && !request.width && !request.height) {
      const auto [width, height] = usual_sides(request, usual, model.latent.factor);
      usual.width = width;
      usual.height = height;
    }
    SettledPlan out;
    Plan& plan = out.plan;
    plan.checkpoint = info.name;
    plan.vae = info.vae;
    plan.family = model.family->title;
    plan.license = info.license;
    plan.vae_license = info.vae_license;
    plan.prediction = info.prediction;
    plan.settings_from = usual.from;
    plan.negative = request.negative;
    plan.level = request.level;
    if (!usual.left_out.empty()) plan.notices.push_back(usual.left_out);

    out.method.sampler = value_or_throw(find_sampler(request.sampler.value_or(usual.sampler)));
    out.method.scheduler = value_or_throw(find_scheduler(request.scheduler.value_or(usual.scheduler)));
    plan.sampler = out.method.sampler->name;
    plan.sampler_label = out.method.sampler->label;
    plan.scheduler = out.method.scheduler->name;
    plan.scheduler_label = out.method.scheduler->label;

    plan.width = check_side("width", request.width.value_or(usual.width), model.latent.factor);
    plan.height = check_side("height", request.height.value_or(usual.height), model.latent.factor);
    plan.steps = check_range("steps", request.steps.value_or(usual.steps), 1, kMostSteps);
    plan.count = check_range("count", request.count, 1, kMostPictures);
    std::int64_t layers = model.texts.front()->layers();
    for (const auto& text : model.texts) layers = std::min(layers, text->layers());
    plan.clip_skip = std::max(check_range("clip skip", request.clip_skip.value_or(1), 1, static_cast<int>(layers)),
                              model.family->text.clip_skip);
    plan.cfg_scale = request.cfg_scale.value_or(usual.cfg_scale);
    require(std::isfinite(plan.cfg_scale) && plan.cfg_scale >= 0 && plan.cfg_scale <= kLargestCfg,
            "CFG scale: got {}, need 0 to {}; usual are 1 to 15", plan.cfg_scale, kLargestCfg);
    check_guidance(request.guidance, model);
    plan.guidance = request.guidance;
    if (plan.guidance.cfg) plan.cfg_scale = plan.guidance.cfg->scales.front();
    plan.shortcuts = request.shortcuts ? *request.shortcuts : value_or_throw(parse_shortcuts(usual.shortcuts));
    check_shortcuts(plan.shortcuts, model);
    plan.seed = request.seed.value_or(random_seed());
    plan.noise = request.noise;
    settle_variation(model, request, plan);
    require(!request.vae_tiling || !request.tile_y,
            "VAE tiling: got it with a picture that tiles downwards, whose bands would have to wrap around; leave out "
            "one of the two");
    plan.vae_tiling = request.vae_tiling;
    if (request.init && !model.family->follows_picture) plan.strength = request.strength;
    settle_hires(model, request, plan);
    plan.left_out = what_is_left_out(plan.shortcuts, plan.steps);
    ChosenPrompts chosen = choose_prompts(request, plan);
    out.prompts = std::move(chosen.of_pictures);
    for (std::string& one : chosen.notices) plan.notices.push_back(std::move(one));
    for (std::string& one : misfits(model, request, out.method, plan)) plan.notices.push_back(std::move(one));
    plan.evaluations = 0;
    const std::set<std::string_view> different(out.prompts.begin(), out.prompts.end());
    const auto read = [&](std::string_view prompt) {
      return plan_prompt(prompt, grammar_of(request.syntax), {.steps = plan.steps});
    };
    for (const std::string_view prompt : different) {
      plan.evaluations = std::max(plan.evaluations, evaluations_of(model, read(prompt), plan));
    }
    plan.prompt_reading = explain(read(out.prompts.front()));
    return out;
  });
}

}  // namespace pxf
