#include "pipeline/plan.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <random>
#include <span>
#include <utility>

#include "base/error.h"
#include "image/parameters.h"
#include "image/utf8.h"
#include "pipeline/conditioning.h"

namespace pxf {
namespace {

constexpr int kLargestSide = 16384;
constexpr int kMostSteps = 10000;
constexpr int kMostPictures = 1000;
constexpr double kLargestCfg = 1000;

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

struct Sides {
  int width, height;
};

/// The size of a picture that is changed: its own where that is near what the checkpoint was trained on, else its shape
/// at that area.
Sides sides_near(const Image& init, const Recommended& usual, std::int64_t factor) {
  const double area = static_cast<double>(init.width) * init.height;
  const double trained = static_cast<double>(usual.width) * usual.height;
  const double scale = area > 1.5 * trained || area < trained / 2 ? std::sqrt(trained / area) : 1;
  const auto side = [&](int pixels) {
    const auto f = static_cast<double>(factor);
    return static_cast<int>(std::max(1.0, std::round(pixels * scale / f)) * f);
  };
  return {side(init.width), side(init.height)};
}

void settle_hires(const Model& model, const Request& request, Plan& plan) {
  if (!request.hires) return;
  require(!request.init, "hires: got one with a picture to begin with; give a larger size instead");
  require(*request.hires > 1 && *request.hires <= 8, "hires: got {}, need above 1, at most 8", *request.hires);
  require(request.hires_strength > 0 && request.hires_strength <= 1, "hires strength: got {}, need above 0, at most 1",
          request.hires_strength);
  require(model.autoencoder->has_encoder(), "hires: this checkpoint's VAE has no encoder, so there is no second pass");
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

int evaluations_of(const Model& model, const PromptPlan& prompt, double cfg_scale) {
  if (model.family->follows_picture) return 3;
  const bool alone = prompt.parts.size() == 1 && prompt.parts[0].weight == 1;
  return cfg_scale == 1 && alone ? 1 : static_cast<int>(prompt.parts.size()) + 1;
}

// A picture's parameters hold it, and a PNG holds only such text.
void check_text(const char* name, const std::string& text) {
  require(is_utf8(text), "{}: is not UTF-8 text; convert it first", name);
  require(text.find('\0') == std::string::npos, "{}: holds a zero byte; remove it", name);
}

std::uint64_t random_seed() {
  std::random_device device;
  return device();  // 32 bits: what a PyTorch CPU generator uses of a seed
}

}  // namespace

Recommended recommended_for(const Model& model) {
  const Settings& file = model.settings;
  const Preset& usual = model.preset;
  Recommended out;
  out.sampler = file.sampler.empty() ? usual.sampler : file.sampler;
  out.scheduler = file.scheduler.empty() ? usual.scheduler : file.scheduler;
  // A name that no list here has stays as the file spells it; a request that uses it is told so.
  if (const auto sampler = find_sampler(out.sampler)) {
    out.sampler = sampler.value()->name;
    out.sampler_label = sampler.value()->label;
  } else {
    out.sampler_label = out.sampler;
  }
  if (const auto scheduler = find_scheduler(out.scheduler)) {
    out.scheduler = scheduler.value()->name;
    out.scheduler_label = scheduler.value()->label;
  } else {
    out.scheduler_label = out.scheduler;
  }
  out.steps = file.steps.value_or(usual.steps);
  out.cfg_scale = file.cfg_scale.value_or(usual.cfg_scale);
  out.width = file.width.value_or(usual.width);
  out.height = file.height.value_or(usual.height);
  out.from = file.sampler.empty() && !file.steps && !file.cfg_scale ? model.preset_from : file.recommended_by;
  return out;
}

Result<SettledPlan> settle(const ModelInfo& info, const Model& model, const Request& request) {
  return catch_errors([&] {
    check_parts(info, model);
    check_text("prompt", request.prompt);
    check_text("negative prompt", request.negative);
    check_pictures(model, request);
    Recommended usual = recommended_for(model);
    if (request.init && !request.width && !request.height) {
      const auto [width, height] = sides_near(*request.init, usual, model.latent.factor);
      usual.width = width;
      usual.height = height;
    }
    SettledPlan out;
    Plan& plan = out.plan;
    plan.checkpoint = info.name;
    plan.vae = info.vae;
    plan.family = model.family->title;
    plan.license = info.license;
    plan.prediction = info.prediction;
    plan.settings_from = usual.from;

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
    plan.clip_skip = std::max(check_range("clip skip", request.clip_skip, 1, static_cast<int>(layers)),
                              model.family->text.clip_skip);
    plan.cfg_scale = request.cfg_scale.value_or(usual.cfg_scale);
    require(std::isfinite(plan.cfg_scale) && plan.cfg_scale >= 0 && plan.cfg_scale <= kLargestCfg,
            "CFG scale: got {}, need 0 to {}; usual are 1 to 15", plan.cfg_scale, kLargestCfg);
    plan.seed = request.seed.value_or(random_seed());
    plan.noise = request.noise;
    plan.vae_tiling = request.vae_tiling;
    if (request.init && !model.family->follows_picture) plan.strength = request.strength;
    settle_hires(model, request, plan);
    const PromptPlan prompt = plan_prompt(request.prompt, grammar_of(request.syntax), {.steps = plan.steps});
    plan.prompt_reading = explain(prompt);
    plan.evaluations = evaluations_of(model, prompt, plan.cfg_scale);
    return out;
  });
}

namespace {

// As A1111 asks for them in a prompt: text encoder's strength first, then the UNet's where it differs. Those that are
// in the prompt come after the request's own.
std::string lora_tags(const std::vector<LoraPlan>& loras, std::size_t requested) {
  std::string out;
  for (const LoraPlan& lora : std::span(loras).first(std::min(requested, loras.size()))) {
    out += fmt::format(" <lora:{}:{}", lora.name, lora.text_strength);
    if (lora.strength != lora.text_strength) out += fmt::format(":{}", lora.strength);
    out += '>';
  }
  return out;
}

std::string lora_hashes(const std::vector<LoraPlan>& loras) {
  std::string out;
  for (const LoraPlan& lora : loras) {
    if (!lora.hash.empty()) out += fmt::format("{}{}: {}", out.empty() ? "" : ", ", lora.name, lora.hash);
  }
  return out;
}

std::string embedding_hashes(const std::vector<EmbeddingPlan>& embeddings) {
  std::string out;
  for (const EmbeddingPlan& one : embeddings) {
    if (!one.hash.empty() && one.left_out.empty()) {
      out += fmt::format("{}{}: {}", out.empty() ? "" : ", ", one.name, one.hash);
    }
  }
  return out;
}

}  // namespace

std::string parameters_text(const Plan& plan, const Request& request, const Picture& picture, const std::string& hash) {
  Parameters text;
  text.prompt = picture.prompt + lora_tags(plan.loras, request.loras.size());
  text.negative = request.negative;
  const auto add = [&](const char* key, std::string value) { text.fields.emplace_back(key, std::move(value)); };
  add("Steps", std::to_string(plan.steps));
  add("Sampler", plan.sampler_label);
  add("Schedule type", plan.scheduler_label);
  add("CFG scale", fmt::format("{}", plan.cfg_scale));
  add("Seed", std::to_string(picture.seed));
  add("Size", fmt::format("{}x{}", plan.width, plan.height));
  if (!hash.empty()) add("Model hash", hash.substr(0, 10));
  add("Model", plan.checkpoint);
  if (!plan.vae.empty()) add("VAE", std::filesystem::path(plan.vae).filename().string());
  if (request.clip_skip > 1) add("Clip skip", std::to_string(request.clip_skip));
  if (plan.strength) {
    add("Denoising strength", fmt::format("{}", *plan.strength));
    if (request.mask) add("Mask blur", std::to_string(request.mask_blur));
    if (plan.hires_steps > 0) {
      add("Hires upscale", fmt::format("{}", *request.hires));
      add("Hires steps", std::to_string(plan.hires_steps));
    }
  }
  if (plan.noise == NoiseSource::cpu) add("RNG", "CPU");  // A1111 leaves out its default, the GPU's
  if (const std::string hashes = lora_hashes(plan.loras); !hashes.empty()) add("Lora hashes", hashes);
  if (const std::string hashes = embedding_hashes(plan.embeddings); !hashes.empty()) add("TI hashes", hashes);
  add("Version", fmt::format("PixelForge {}", version()));
  return format_parameters(text);
}

}  // namespace pxf
