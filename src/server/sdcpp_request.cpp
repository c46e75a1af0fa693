#include "server/sdcpp_request.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "image/resize.h"
#include "pixelforge/methods.h"
#include "server/client_pictures.h"
#include "server/known_models.h"
#include "server/router.h"

namespace pxf {
namespace {

int small_number(const ClientFields& fields, const char* name, int otherwise) {
  const std::int64_t value = fields.whole(name).value_or(otherwise);
  if (value < INT32_MIN || value > INT32_MAX) fields.wrong(name, "a smaller number");
  return static_cast<int>(value);
}

void read_sdcpp_method(const ClientFields& sample, Request& request) {
  const std::string scheduler = sample.text("scheduler").value_or("");
  // Its "discrete" is what others call normal.
  const auto method =
      read_method(sample.text("sample_method").value_or(""), scheduler == "discrete" ? "normal" : scheduler, false);
  if (!method) throw HttpProblem(422, "invalid_argument", method.error().text(), "sample_params");
  if (!method.value().sampler.empty()) request.sampler = method.value().sampler;
  if (!method.value().scheduler.empty()) request.scheduler = method.value().scheduler;
}

void read_sample_params(const ClientFields& sample, Request& request, std::vector<std::string>& notes) {
  read_sdcpp_method(sample, request);
  if (const int steps = small_number(sample, "sample_steps", 0); steps > 0) request.steps = steps;
  const ClientFields guidance = sample.object("guidance");
  if (const auto scale = guidance.number("txt_cfg")) request.cfg_scale = scale;
  if (const auto scale = guidance.number("img_cfg")) request.image_cfg = *scale;
  if (guidance.object("slg").number("scale").value_or(0) != 0) notes.emplace_back("sample_params.guidance.slg");
  if (sample.number("shifted_timestep").value_or(0) != 0) notes.emplace_back("sample_params.shifted_timestep");
  if (const Json* sigmas = sample.find("custom_sigmas"); sigmas != nullptr && !sigmas->empty())
    notes.emplace_back("sample_params.custom_sigmas");
}

void read_sdcpp_hires(Service& service, const ClientFields& hires, JobRequest& job) {
  if (!hires.flag("enabled").value_or(false)) return;
  Request& request = job.request;
  double factor = hires.number("scale").value_or(2);
  const int to_width = small_number(hires, "target_width", 0), to_height = small_number(hires, "target_height", 0);
  if (to_width > 0 || to_height > 0) {
    const Plan plan = service.plan({}, job);
    factor = std::max(static_cast<double>(to_width) / plan.width, static_cast<double>(to_height) / plan.height);
  }
  request.hires = factor;
  if (const int steps = small_number(hires, "steps", 0); steps > 0) request.hires_steps = steps;
  request.hires_upscaler = hires_upscaler_called(hires.text("upscaler").value_or("")).value_or(request.hires_upscaler);
  request.hires_strength = hires.number("denoising_strength").value_or(request.hires_strength);
}

void read_sdcpp_pictures(Service& service, const ClientFields& fields, JobRequest& job) {
  const std::string init = fields.text("init_image").value_or(""), mask = fields.text("mask_image").value_or("");
  if (!init.empty()) job.init = service.pictures().keep_input(client_file(init, "init_image"));
  if (mask.empty()) return;
  if (job.init.empty()) throw HttpProblem(422, "invalid_argument", "mask_image: needs an init_image", "mask_image");
  const Image image = client_picture(service.pictures().input(job.init).bytes, "init_image");
  const Image fitting =
      resized(client_picture(client_file(mask, "mask_image"), "mask_image"), image.width, image.height);
  job.mask = keep_picture(service.pictures(), fitting);
}

void read_output(const ClientFields& fields, Encoding& encoding) {
  const std::string format = fields.text("output_format").value_or("");
  if (format == "jpeg" || format == "jpg") encoding.format = ImageFormat::jpeg;
  if (format == "webp") encoding.format = ImageFormat::webp;
  if (format == "png") encoding.format = ImageFormat::png;
  if (!format.empty() && format != "jpeg" && format != "jpg" && format != "webp" && format != "png")
    fields.wrong("output_format", "one of png, jpeg, webp");
  if (fields.has("output_compression"))
    encoding.quality = std::clamp(small_number(fields, "output_compression", 100), 1, 100);
}

void note_what_has_no_meaning(const ClientFields& fields, std::vector<std::string>& notes) {
  for (const char* name : {"ref_images", "control_image", "ip_adapter_image"}) {
    const Json* value = fields.find(name);
    if (value != nullptr && !value->empty() && *value != "") notes.emplace_back(name);
  }
  if (fields.text("cache_mode").value_or("disabled") != "disabled") notes.emplace_back("cache_mode");
}

}  // namespace

void read_sdcpp_loras(Service& service, const ClientFields& fields, Request& request) {
  const Json* loras = fields.find("lora");
  if (loras == nullptr) return;
  if (!loras->is_array()) fields.wrong("lora", "a list");
  const auto known = known_models(service, "LoRA");
  for (const Json& one : *loras) {
    const ClientFields lora(one, "lora");
    const std::string path = lora.text("path").value_or("");
    const auto found = find_model(known, path);
    if (!found) throw HttpProblem(422, "not_found", fmt::format("lora: there is no \"{}\"", path), "lora");
    LoraUse use;
    use.name = found->name;
    use.strength = lora.number("multiplier").value_or(1);
    request.loras.push_back(use);
  }
}

void read_sdcpp_fields(Service& service, const ClientFields& fields, JobRequest& job, std::vector<std::string>& notes) {
  Request& request = job.request;
  request.prompt = fields.text("prompt").value_or(request.prompt);
  if (auto negative = fields.text("negative_prompt")) {
    request.negative = std::move(*negative);
    request.preset_negative = false;
  }
  if (const int skip = small_number(fields, "clip_skip", -1); skip > 0) request.clip_skip = skip;
  if (const int width = small_number(fields, "width", 0); width > 0) request.width = width;
  if (const int height = small_number(fields, "height", 0); height > 0) request.height = height;
  if (const auto seed = fields.whole("seed"); seed && *seed >= 0) request.seed = static_cast<std::uint64_t>(*seed);
  request.count = small_number(fields, "batch_count", request.count);
  request.strength = fields.number("strength").value_or(request.strength);
  read_sample_params(fields.object("sample_params"), request, notes);
  read_sdcpp_loras(service, fields, request);
  read_sdcpp_pictures(service, fields, job);
  read_output(fields, job.encoding);
  request.vae_tiling = fields.object("vae_tiling_params").flag("enabled").value_or(request.vae_tiling);
  note_what_has_no_meaning(fields, notes);
  read_sdcpp_hires(service, fields.object("hires"), job);
}

void apply_sdcpp_extra_args(Service& service, JobRequest& job, std::vector<std::string>& notes) {
  constexpr std::string_view kBegin = "<sd_cpp_extra_args>", kEnd = "</sd_cpp_extra_args>";
  std::string& prompt = job.request.prompt;
  const auto begin = prompt.find(kBegin);
  if (begin == prompt.npos) return;
  const auto end = prompt.find(kEnd, begin);
  if (end == prompt.npos)
    throw HttpProblem(422, "invalid_argument", "prompt: sd_cpp_extra_args are not closed", "prompt");
  HttpRequest inside;
  inside.body = prompt.substr(begin + kBegin.size(), end - begin - kBegin.size());
  prompt.erase(begin, end + kEnd.size() - begin);
  read_sdcpp_fields(service, ClientFields(json_body(inside)), job, notes);
}

}  // namespace pxf
