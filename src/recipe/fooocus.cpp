// Fooocus: JSON under "parameters" whose scheme is "fooocus".
#include <algorithm>

#include "recipe/json_fields.h"

namespace pxf {
namespace {

constexpr KeyOfField kFields[] = {
    {"prompt", "Prompt"},
    {"negative_prompt", "Negative prompt"},
    {"steps", "Steps"},
    {"guidance_scale", "CFG scale"},
    {"seed", "Seed"},
    {"sampler", "Sampler"},
    {"scheduler", "Schedule type"},
    {"base_model", "Model"},
    {"base_model_hash", "Model hash"},
    {"clip_skip", "Clip skip"},
    {"vae", ""},
    {"resolution", ""},
    {"loras", ""},
    {"performance", ""},
    {"metadata_scheme", ""},
    {"version", ""},
    {"created_by", ""},
    {"full_prompt", ""},
    {"full_negative_prompt", ""},
};

/// "(1152, 896)"
void take_resolution(std::string text, Claims& out) {
  std::erase_if(text, [](char c) { return c == '(' || c == ')' || c == ' '; });
  const auto comma = text.find(',');
  if (comma == text.npos) return;
  out.said.fields.emplace_back("Size-1", text.substr(0, comma));
  out.said.fields.emplace_back("Size-2", text.substr(comma + 1));
}

}  // namespace

std::optional<Claims> read_fooocus(std::span<const TextEntry> entries) {
  const std::string* text = text_of(entries, "parameters");
  if (text == nullptr || !text->starts_with('{')) return std::nullopt;
  const nlohmann::json all = json_object(text);
  if (!all.is_object() || !all.contains("base_model")) return std::nullopt;
  const auto member = [&](const char* key) { return all.value(key, nlohmann::json()); };
  const std::string version = plain_text(member("version"));
  Claims out{version.empty() ? "Fooocus" : version};
  out.syntax = PromptSyntax::comfy;
  take_fields(all, kFields, out);
  take_resolution(plain_text(member("resolution")), out);
  const auto loras = member("loras");  // of [name, weight, hash]
  for (const auto& lora : loras.is_array() ? loras : nlohmann::json::array()) {
    if (!lora.is_array() || lora.size() < 2 || !lora[0].is_string() || !lora[1].is_number()) continue;
    out.loras.push_back({lora[0].get<std::string>(), lora[1].get<double>()});
  }
  return out;
}

}  // namespace pxf
