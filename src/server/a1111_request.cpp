#include "server/a1111_request.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "image/resize.h"
#include "pixelforge/methods.h"
#include "server/a1111_settings.h"
#include "server/client_pictures.h"
#include "server/known_models.h"
#include "server/router.h"
#include "server/sdcpp_request.h"
#include "server/styles_known.h"

namespace pxf {
namespace {

constexpr double kLeastStrength = 0.01;  // A1111 takes 0, which draws next to nothing anew

int small_whole(const ClientFields& body, const char* name, int otherwise) {
  const std::int64_t value = body.whole(name).value_or(otherwise);
  if (value < INT32_MIN || value > INT32_MAX) body.wrong(name, "a smaller number");
  return static_cast<int>(value);
}

/// A1111 leaves out the pixels that make no whole latent.
std::optional<int> side(const ClientFields& body, const char* name) {
  const int pixels = small_whole(body, name, 0);
  if (pixels == 0) return std::nullopt;
  if (pixels < 8) body.wrong(name, "8 at least");
  return pixels / 8 * 8;
}

/// -1 is A1111's word for any.
std::optional<std::uint64_t> seed(const ClientFields& body, const char* name) {
  const std::int64_t value = body.whole(name).value_or(-1);
  return value < 0 ? std::nullopt : std::optional(static_cast<std::uint64_t>(value));
}

double strength_of(double strength) { return strength == 0 ? kLeastStrength : strength; }

void read_a1111_method(const ClientFields& body, Request& request) {
  std::string sampler = body.text("sampler_name").value_or("");
  if (sampler.empty()) sampler = body.text("sampler_index").value_or("");
  const auto method = read_method(sampler, body.text("scheduler").value_or(""), true);
  // Clients look for A1111's words in the answer.
  if (!method)
    throw HttpProblem(400, "invalid_argument", "Sampler not found: " + method.error().text(), "sampler_name");
  if (!method.value().sampler.empty()) request.sampler = method.value().sampler;
  if (!method.value().scheduler.empty()) request.scheduler = method.value().scheduler;
}

void read_noise(const ClientFields& body, Request& request) {
  request.seed = seed(body, "seed");
  request.variation_strength = body.number("subseed_strength").value_or(0);
  if (request.variation_strength > 0) request.variation_seed = seed(body, "subseed");
  const int width = small_whole(body, "seed_resize_from_w", 0), height = small_whole(body, "seed_resize_from_h", 0);
  if (width > 0 && height > 0) {
    request.seed_resize_width = width / 8 * 8;
    request.seed_resize_height = height / 8 * 8;
  }
}

void read_count(const ClientFields& body, Request& request) {
  constexpr std::int64_t kMost = 1000;
  const std::int64_t batches = body.whole("n_iter").value_or(1), each = body.whole("batch_size").value_or(1);
  if (batches < 1 || batches > kMost) body.wrong("n_iter", "1 to 1000");
  if (each < 1 || each > kMost || batches * each > kMost) body.wrong("batch_size", "1 to 1000 pictures in all");
  request.count = static_cast<int>(batches * each);
}

// A1111 passes over styles that are not there.
void read_styles_asked(Service& service, const ClientFields& body, A1111Request& out) {
  const auto asked = body.texts("styles");
  if (asked.empty()) return;
  const std::vector<Style> known = styles_known(service);
  for (const std::string& name : asked) {
    if (std::ranges::find(known, name, &Style::name) != known.end()) {
      out.job.request.styles.push_back(name);
    } else {
      out.notes.push_back(fmt::format("style \"{}\": there is none", name));
    }
  }
}

void read_what_to_draw(Service& service, const ClientFields& body, A1111Request& out) {
  Request& request = out.job.request;
  request.prompt = body.text("prompt").value_or("");
  request.negative = body.text("negative_prompt").value_or("");
  request.preset_negative = !body.text("negative_prompt");
  if (body.flag("disable_extra_networks").value_or(false)) request.prompt = take_loras(request.prompt).prompt;
  request.width = side(body, "width");
  request.height = side(body, "height");
  if (body.has("steps")) request.steps = small_whole(body, "steps", 0);
  request.cfg_scale = body.number("cfg_scale");
  // stable-diffusion.cpp's, -1 where it is not said.
  if (const int skip = small_whole(body, "clip_skip", -1); skip > 0) request.clip_skip = skip;
  request.tile_x = request.tile_y = body.flag("tiling").value_or(false);
  read_a1111_method(body, request);
  read_noise(body, request);
  read_count(body, request);
  read_styles_asked(service, body, out);
}

void apply_vae(Service& service, const Json& options, JobRequest& job) {
  std::string vae = options.value("sd_vae", "");
  const auto modules = options.value("forge_additional_modules", std::vector<std::string>());
  const auto known = known_models(service, "VAE");
  if (vae == "Automatic" || vae == "None") vae.clear();
  for (const std::string& module : modules) {  // of which VAEs alone are used here
    if (vae.empty() && find_model(known, module)) vae = module;
  }
  const auto found = find_model(known, vae);
  job.vae = found ? found->name : vae;
}

void apply_options(Service& service, const Json& options, JobRequest& job) {
  const std::string checkpoint = options.value("sd_model_checkpoint", "");
  if (!checkpoint.empty()) job.checkpoint = checkpoint_known_as(service, checkpoint, "sd_model_checkpoint").name;
  apply_vae(service, options, job);
  if (const int skip = options.value("CLIP_stop_at_last_layers", 1); skip > 1) job.request.clip_skip = skip;
  job.request.noise_seed_delta = options.value("eta_noise_seed_delta", std::uint64_t{0});
  job.request.noise = options.value("randn_source", "CPU") == "CPU" ? NoiseSource::cpu : NoiseSource::gpu;
  job.encoding.quality = options.value("jpeg_quality", 90);
  const std::string format = options.value("samples_format", "png");
  job.encoding.format = format == "webp" ? ImageFormat::webp : format == "png" ? ImageFormat::png : ImageFormat::jpeg;
}

Json with_overrides(Service& service, Json options, const ClientFields& body, std::vector<std::string>& notes) {
  const ClientFields overrides = body.object("override_settings");
  for (const auto& [name, value] : overrides.json().items()) {
    if (!set_a1111_option(service, options, name, value)) notes.push_back("override_settings: " + name);
  }
  return options;
}

bool says_something(const Json& value) {
  if (value.is_boolean()) return value.get<bool>();
  if (value.is_number()) return value != 0;
  if (value.is_string()) {
    const auto& text = value.get_ref<const std::string&>();
    return !text.empty() && text != "None" && !text.starts_with("Use same");
  }
  return !value.empty() && value != Json::array({"Use same choices"});
}

void note_what_is_ignored(const ClientFields& body, std::vector<std::string>& notes) {
  for (const char* name :
       {"restore_faces", "script_name", "alwayson_scripts", "refiner_checkpoint", "firstphase_width",
        "firstphase_height", "s_churn", "s_tmin", "s_min_uncond", "hr_checkpoint_name", "hr_sampler_name",
        "hr_scheduler", "hr_prompt", "hr_negative_prompt", "hr_additional_modules", "extra_images", "infotext"}) {
    const Json* value = body.find(name);
    if (value != nullptr && says_something(*value)) notes.emplace_back(name);
  }
  for (const char* name : {"eta", "s_noise", "initial_noise_multiplier"}) {
    const Json* value = body.find(name);
    if (value != nullptr && *value != 1) notes.emplace_back(name);
  }
}

/// That the request says, or the checkpoint recommends.
std::pair<int, int> size_of(Service& service, const JobRequest& job) {
  if (job.request.width && job.request.height) return {*job.request.width, *job.request.height};
  const Plan plan = service.plan({}, job);
  return {plan.width, plan.height};
}

double hires_factor(Service& service, const ClientFields& body, A1111Request& out) {
  const int to_width = small_whole(body, "hr_resize_x", 0), to_height = small_whole(body, "hr_resize_y", 0);
  if (to_width <= 0 && to_height <= 0) return body.number("hr_scale").value_or(2);
  const auto [width, height] = size_of(service, out.job);
  const double wide = static_cast<double>(to_width) / width, high = static_cast<double>(to_height) / height;
  if (to_width > 0 && to_height > 0 && std::abs(wide - high) > 0.01)
    out.notes.emplace_back("hr_resize_x, hr_resize_y: the shape stays as it is");
  return std::max(wide, high);
}

void read_hires(Service& service, const ClientFields& body, A1111Request& out) {
  if (!body.flag("enable_hr").value_or(false)) return;
  Request& request = out.job.request;
  const double factor = hires_factor(service, body, out);
  if (factor <= 1) {
    out.notes.emplace_back("enable_hr: the second pass would be no larger");
    return;
  }
  request.hires = factor;
  if (const auto strength = body.number("denoising_strength")) request.hires_strength = strength_of(*strength);
  int steps = small_whole(body, "hr_second_pass_steps", 0);
  if (steps <= 0) steps = small_whole(body, "hr_steps", 0);  // stable-diffusion.cpp's
  if (steps > 0) request.hires_steps = steps;
  const std::string upscaler = body.text("hr_upscaler").value_or("");
  if (const auto known = hires_upscaler_called(upscaler)) {
    request.hires_upscaler = *known;
  } else if (!upscaler.empty() && upscaler != "None") {
    out.notes.push_back(fmt::format("hr_upscaler: {} is not here; the picture is enlarged by Lanczos", upscaler));
  }
}

/// Transparency goes before colours, where there is any: what is opaque is made anew.
Image mask_of(const std::string& text, bool is_rounded) {
  const auto file = client_file(text, "mask");
  const Image clear = client_transparency(file, "mask");
  Image mask = is_black(clear) ? client_picture(file, "mask") : inverted(clear);
  if (is_rounded) {
    for (std::uint8_t& value : mask.pixels) value = value > 128 ? 255 : 0;
  }
  return mask;
}

/// What A1111 does with a picture of another shape than the result: 0 stretches it, 1 crops it, 2 fits it inside.
Image brought_to(const Image& image, int mode, const Request& request) {
  const bool is_sized = request.width && request.height;
  if (!is_sized || mode == 1) return image;
  constexpr std::int64_t kMostDrawnOn = std::int64_t{1} << 25;  // before memory is taken for them
  if (std::int64_t{*request.width} * *request.height > kMostDrawnOn)
    throw HttpProblem(422, "invalid_argument", "width, height: need at most 33 million pixels", "width");
  return mode == 2 ? fitted_inside(image, *request.width, *request.height)
                   : resized(image, *request.width, *request.height);
}

void read_mask_settings(const ClientFields& body, Request& request) {
  constexpr std::array kFills{MaskFill::fill, MaskFill::original, MaskFill::noise, MaskFill::nothing};
  const int fill = small_whole(body, "inpainting_fill", 0);
  if (fill < 0 || fill > 3) body.wrong("inpainting_fill", "0 to 3");
  request.mask_fill = kFills[static_cast<std::size_t>(fill)];
  request.mask_blur = body.has("mask_blur")
                          ? small_whole(body, "mask_blur", 4)
                          : std::max(small_whole(body, "mask_blur_x", 4), small_whole(body, "mask_blur_y", 4));
  request.invert_mask = body.flag("inpainting_mask_invert").value_or(false);
  request.only_masked = body.flag("inpaint_full_res").value_or(true);
  request.masked_padding = small_whole(body, "inpaint_full_res_padding", 0);
}

void read_pictures(Service& service, const ClientFields& body, A1111Request& out) {
  const auto sent = body.texts("init_images");
  if (sent.empty()) throw HttpProblem(404, "not_found", "Init image not found", "init_images");
  if (sent.size() > 1) out.notes.emplace_back("init_images: only the first is drawn on");
  Request& request = out.job.request;
  Image image = client_picture(client_file(sent[0], "init_images"), "init_images");
  const int mode = small_whole(body, "resize_mode", 0);
  const auto mask = body.text("mask").value_or(body.text("latent_mask").value_or(""));
  if (!mask.empty()) {
    read_mask_settings(body, request);
    Image fitting = resized(mask_of(mask, body.flag("mask_round").value_or(true)), image.width, image.height);
    if (!request.only_masked) fitting = brought_to(fitting, mode, request);
    out.job.mask = keep_picture(service.pictures(), fitting);
  }
  if (mask.empty() || !request.only_masked) image = brought_to(image, mode, request);
  out.job.init = keep_picture(service.pictures(), image);
  if (const auto strength = body.number("denoising_strength")) request.strength = strength_of(*strength);
  if (const auto scale = body.number("image_cfg_scale"); scale && *scale > 0) request.image_cfg = *scale;
}

}  // namespace

A1111Request read_a1111_request(Service& service, const Json& options, const ClientFields& body, bool from_picture) {
  A1111Request out;
  apply_options(service, with_overrides(service, options, body, out.notes), out.job);
  read_what_to_draw(service, body, out);
  note_what_is_ignored(body, out.notes);
  from_picture ? read_pictures(service, body, out) : read_hires(service, body, out);
  out.send_images = body.flag("send_images").value_or(true);
  out.include_init_images = body.flag("include_init_images").value_or(false);
  out.task = body.text("force_task_id").value_or("");
  read_sdcpp_loras(service, body, out.job.request);
  apply_sdcpp_extra_args(service, out.job, out.notes);
  return out;
}

}  // namespace pxf
