// InvokeAI: a JSON object under "invokeai_metadata", of version 3 and later.
#include "recipe/json_fields.h"

namespace pxf {
namespace {

constexpr KeyOfField kFields[] = {
    {"positive_prompt", "Prompt"},
    {"negative_prompt", "Negative prompt"},
    {"steps", "Steps"},
    {"cfg_scale", "CFG scale"},
    {"seed", "Seed"},
    {"width", "Size-1"},
    {"height", "Size-2"},
    {"strength", "Denoising strength"},
    {"app_version", ""},
    {"generation_mode", ""},
    {"created_by", ""},
    {"model", ""},
    {"vae", ""},
    {"loras", ""},
    {"scheduler", ""},
    {"clip_skip", ""},
    {"rand_device", ""},
};

std::string name_in(const nlohmann::json& model) {
  if (!model.is_object()) return {};
  for (const char* key : {"name", "model_name"}) {
    if (model.contains(key)) return plain_text(model[key]);
  }
  return {};
}

/// "dpmpp_2m_k" is a sampler with Karras's schedule.
void take_scheduler(std::string name, Claims& out) {
  const bool karras = name.ends_with("_k");
  if (karras) name.resize(name.size() - 2);
  if (name.starts_with("kdpm_2")) name.erase(0, 1);
  if (name == "pndm") name = "plms";
  out.said.fields.emplace_back("Sampler", name == "dpm_2_a" ? "dpm_2_ancestral" : name);
  out.said.fields.emplace_back("Schedule type", karras ? "karras" : "leading");  // diffusers' default spacing
}

void take_loras(const nlohmann::json& loras, Claims& out) {
  if (!loras.is_array()) return;
  for (const auto& lora : loras) {
    if (!lora.is_object()) continue;
    const std::string name = name_in(lora.value("model", lora.value("lora", nlohmann::json())));
    const auto weight = lora.find("weight");
    if (!name.empty())
      out.loras.push_back({name, weight != lora.end() && weight->is_number() ? weight->get<double>() : 1});
  }
}

}  // namespace

std::optional<Claims> read_invokeai(std::span<const TextEntry> entries) {
  const nlohmann::json all = json_object(text_of(entries, "invokeai_metadata"));
  if (all.is_null()) return std::nullopt;
  Claims out{"InvokeAI " + plain_text(all.value("app_version", nlohmann::json()))};
  take_fields(all, kFields, out);
  const auto member = [&](const char* key) { return all.value(key, nlohmann::json()); };
  if (const std::string name = plain_text(member("scheduler")); !name.empty()) take_scheduler(name, out);
  if (const std::string model = name_in(member("model")); !model.empty()) out.said.fields.emplace_back("Model", model);
  if (const std::string vae = name_in(member("vae")); !vae.empty()) out.said.fields.emplace_back("VAE", vae);
  if (const auto skip = member("clip_skip"); skip.is_number_integer() && skip > 0 && skip < 100) {
    out.said.fields.emplace_back("Clip skip", std::to_string(skip.get<int>() + 1));  // 0 there is the last layer
  }
  if (member("rand_device") == "cuda") out.noise = NoiseSource::gpu;
  take_loras(member("loras"), out);
  const std::string mode = plain_text(member("generation_mode"));
  out.needs_picture =
      mode.find("img2img") != mode.npos || mode.find("inpaint") != mode.npos || mode.find("outpaint") != mode.npos;
  if (out.said.prompt.find("++") != std::string::npos || out.said.prompt.find(")+") != std::string::npos) {
    out.lost.emplace_back("the prompt's weights: + and - are InvokeAI's own");
  }
  return out;
}

}  // namespace pxf
