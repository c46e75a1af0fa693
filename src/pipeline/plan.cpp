#include "pipeline/plan.h"

#include <cmath>
#include <random>
#include <utility>

#include "base/error.h"
#include "image/parameters.h"
#include "image/utf8.h"

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
    throw Failure(
        Error{ErrorCode::unsupported,
              fmt::format("has no {}; need a checkpoint with UNet, VAE and text encoder in one file", missing),
              info.path.empty() ? info.name : info.path});
  }
  if (model.family->extra_channels > 0) {
    throw Failure(
        Error{ErrorCode::unsupported,
              fmt::format("is a checkpoint of {}: it needs an input picture, which this version cannot take yet; "
                          "use a checkpoint with 4 input channels",
                          model.family->title),
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
    const Recommended usual = recommended_for(model);
    SettledPlan out;
    Plan& plan = out.plan;
    plan.checkpoint = info.name;
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
    return out;
  });
}

std::string parameters_text(const Plan& plan, const Request& request, std::uint64_t seed, const std::string& hash) {
  Parameters text;
  text.prompt = request.prompt;
  text.negative = request.negative;
  const auto add = [&](const char* key, std::string value) { text.fields.emplace_back(key, std::move(value)); };
  add("Steps", std::to_string(plan.steps));
  add("Sampler", plan.sampler_label);
  add("Schedule type", plan.scheduler_label);
  add("CFG scale", fmt::format("{}", plan.cfg_scale));
  add("Seed", std::to_string(seed));
  add("Size", fmt::format("{}x{}", plan.width, plan.height));
  if (!hash.empty()) add("Model hash", hash.substr(0, 10));
  add("Model", plan.checkpoint);
  if (request.clip_skip > 1) add("Clip skip", std::to_string(request.clip_skip));
  if (plan.noise == NoiseSource::cpu) add("RNG", "CPU");  // A1111 leaves out its default, the GPU's
  add("Version", fmt::format("PixelForge {}", version()));
  return format_parameters(text);
}

}  // namespace pxf
