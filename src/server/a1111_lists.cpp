#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "pixelforge/methods.h"
#include "server/a1111_answers.h"
#include "server/known_models.h"
#include "server/styles_known.h"

namespace pxf {
namespace {

Json text_or_null(const std::string& text) { return text.empty() ? Json() : Json(text); }

Json upscaler(const char* name) {
  return {{"name", name}, {"model_name", nullptr}, {"model_path", nullptr}, {"model_url", nullptr}, {"scale", 4.0}};
}

Json embedding_json() {
  return {{"step", nullptr}, {"sd_checkpoint", nullptr}, {"sd_checkpoint_name", nullptr}, {"shape", 0}, {"vectors", 0}};
}

}  // namespace

Json a1111_options(Service& service, Json options) {
  const auto checkpoints = known_models(service, "checkpoint");
  const std::string chosen = options.value("sd_model_checkpoint", "");
  const auto model = find_model(checkpoints, chosen.empty() ? chosen_checkpoint(JobRequest()) : chosen);
  options["sd_model_checkpoint"] = model ? model->title() : chosen;
  options["sd_checkpoint_hash"] = model ? model->sha256 : "";
  return options;
}

// Folders of this machine are not told: a file is its name.
Json a1111_checkpoints(Service& service) {
  Json out = Json::array();
  for (const KnownModel& model : known_models(service, "checkpoint")) {
    out.push_back({{"title", model.title()},
                   {"model_name", model.name},
                   {"hash", text_or_null(model.short_hash())},
                   {"sha256", text_or_null(model.sha256)},
                   {"filename", model.file},
                   {"config", nullptr}});
  }
  return out;
}

Json a1111_vaes(Service& service) {
  Json out = Json::array();
  for (const KnownModel& model : known_models(service, "VAE"))
    out.push_back({{"model_name", model.file}, {"filename", model.file}});
  return out;
}

Json a1111_modules(Service& service) {
  Json out = a1111_vaes(service);
  for (const KnownModel& model : known_models(service, "text encoder"))
    out.push_back({{"model_name", model.file}, {"filename", model.file}});
  return out;
}

Json a1111_loras(Service& service) {
  Json out = Json::array();
  for (const KnownModel& model : known_models(service, "LoRA")) {
    out.push_back({{"name", model.name},
                   {"alias", model.name},
                   {"path", model.file},
                   {"metadata", {{"ss_base_model_version", model.family}, {"trigger_words", model.trigger_words}}}});
  }
  return out;
}

Json a1111_embeddings(Service& service) {
  Json loaded = Json::object();
  for (const KnownModel& model : known_models(service, "textual inversion embedding"))
    loaded[model.name] = embedding_json();
  return {{"loaded", loaded}, {"skipped", Json::object()}};
}

Json a1111_samplers() {
  Json out = Json::array();
  for (const MethodName& one : samplers()) {
    Json aliases = Json::array({one.name});
    for (const std::string& alias : one.aliases) aliases.push_back(alias);
    out.push_back({{"name", one.label}, {"aliases", aliases}, {"options", Json::object()}});
  }
  return out;
}

Json a1111_schedulers() {
  Json out = Json::array();
  out.push_back({{"name", "automatic"},
                 {"label", "Automatic"},
                 {"aliases", nullptr},
                 {"default_rho", -1.0},
                 {"need_inner_model", false}});
  for (const MethodName& one : schedulers()) {
    const double rho = one.name == "karras" ? 7.0 : -1.0;
    out.push_back({{"name", one.name},
                   {"label", one.label},
                   {"aliases", one.aliases.empty() ? Json() : Json(one.aliases)},
                   {"default_rho", rho},
                   {"need_inner_model", false}});
  }
  return out;
}

// What enlarges a picture here.
Json a1111_upscalers() { return Json::array({upscaler("None"), upscaler("Lanczos")}); }

Json a1111_latent_modes() {
  Json out = Json::array();
  for (const HiresUpscalerName& one : hires_upscalers()) {
    if (one.upscaler != HiresUpscaler::picture) out.push_back({{"name", one.label}});
  }
  return out;
}

Json a1111_styles(Service& service) {
  Json out = Json::array();
  for (const Style& style : styles_known(service))
    out.push_back({{"name", style.name}, {"prompt", style.prompt}, {"negative_prompt", style.negative}});
  return out;
}

Json a1111_memory(Service& service) {
  const MachineInfo machine = service.engine().machine();
  const std::uint64_t free = std::min(machine.memory_available, machine.memory_total);
  return {{"ram", {{"free", free}, {"used", machine.memory_total - free}, {"total", machine.memory_total}}},
          {"cuda", {{"error", "unavailable"}}}};
}

Json a1111_flags() {
  return {{"api", true},     {"nowebui", false}, {"listen", false}, {"api_auth", nullptr},
          {"ckpt", nullptr}, {"lowvram", false}, {"medvram", false}};
}

}  // namespace pxf
