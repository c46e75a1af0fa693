// SwarmUI: JSON under "parameters", with the settings in "sui_image_params".
#include <algorithm>

#include "recipe/json_fields.h"

namespace pxf {
namespace {

constexpr KeyOfField kFields[] = {
    {"prompt", "Prompt"},
    {"negativeprompt", "Negative prompt"},
    {"model", "Model"},
    {"steps", "Steps"},
    {"cfgscale", "CFG scale"},
    {"seed", "Seed"},
    {"width", "Size-1"},
    {"height", "Size-2"},
    {"sampler", "Sampler"},
    {"scheduler", "Schedule type"},
    {"vae", "VAE"},
    {"initimagecreativity", "Denoising strength"},
    {"aspectratio", ""},
    {"sidelength", ""},
    {"images", ""},
    {"swarm_version", ""},
    {"date", ""},
    {"automaticvae", ""},
    {"loras", ""},
    {"loraweights", ""},
    {"clipstopatlayer", ""},
    {"personalnote", ""},
    {"presets", ""},
    {"wildcardseed", ""},
};

/// ["a", "b"], or "a,b" in older ones.
std::vector<std::string> list_of(const nlohmann::json& value) {
  std::vector<std::string> out;
  if (value.is_array()) {
    for (const auto& one : value) out.push_back(plain_text(one));
  } else if (value.is_string()) {
    const std::string text = value.get<std::string>();
    for (std::string_view rest = text; !rest.empty();) {
      const std::string_view one = rest.substr(0, rest.find(','));
      out.emplace_back(one);
      rest.remove_prefix(std::min(rest.size(), one.size() + 1));
    }
  }
  return out;
}

double weight_in(const std::string& text) {
  const nlohmann::json value = nlohmann::json::parse(text, nullptr, false);
  return value.is_number() ? value.get<double>() : 1;
}

}  // namespace

std::optional<Claims> read_swarmui(std::span<const TextEntry> entries) {
  const std::string* text = text_of(entries, "parameters");
  if (text == nullptr || text->find("\"sui_image_params\"") == text->npos) return std::nullopt;
  const nlohmann::json whole = json_object(text);
  if (!whole.contains("sui_image_params") || !whole["sui_image_params"].is_object()) return std::nullopt;
  const nlohmann::json& all = whole["sui_image_params"];
  const auto member = [&](const char* key) { return all.value(key, nlohmann::json()); };
  Claims out{"SwarmUI " + plain_text(member("swarm_version"))};
  out.syntax = PromptSyntax::comfy;
  take_fields(all, kFields, out);
  const std::vector<std::string> names = list_of(member("loras")), weights = list_of(member("loraweights"));
  for (std::size_t i = 0; i < names.size(); ++i) {
    out.loras.push_back({names[i], i < weights.size() ? weight_in(weights[i]) : 1});
  }
  if (const auto layer = member("clipstopatlayer"); layer.is_number_integer() && layer < 0 && layer > -100) {
    out.said.fields.emplace_back("Clip skip", std::to_string(-layer.get<int>()));
  }
  return out;
}

}  // namespace pxf
