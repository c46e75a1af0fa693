// NovelAI: JSON under "Comment", beside a "Software" that says so. Its checkpoints are not public.
#include "recipe/json_fields.h"

namespace pxf {
namespace {

constexpr KeyOfField kFields[] = {
    {"prompt", "Prompt"},
    {"uc", "Negative prompt"},
    {"steps", "Steps"},
    {"scale", "CFG scale"},
    {"seed", "Seed"},
    {"width", "Size-1"},
    {"height", "Size-2"},
    {"strength", "Denoising strength"},
    {"sampler", ""},
    {"noise_schedule", ""},
    {"n_samples", ""},
    {"signed_hash", ""},
    {"request_type", ""},
    {"version", ""},
    {"v4_prompt", ""},  // the prompt once more, in parts
    {"v4_negative_prompt", ""},
};

}  // namespace

std::optional<Claims> read_novelai(std::span<const TextEntry> entries) {
  const std::string* software = text_of(entries, "Software");
  if (software == nullptr || *software != "NovelAI") return std::nullopt;
  const nlohmann::json all = json_object(text_of(entries, "Comment"));
  if (all.is_null()) return std::nullopt;
  const auto member = [&](const char* key) { return all.value(key, nlohmann::json()); };
  Claims out{"NovelAI"};
  take_fields(all, kFields, out);
  std::string sampler = plain_text(member("sampler"));  // "k_euler_ancestral", "ddim_v3"
  if (sampler.starts_with("k_")) sampler.erase(0, 2);
  if (sampler.starts_with("ddim")) sampler = "ddim";
  if (!sampler.empty()) out.said.fields.emplace_back("Sampler", sampler);
  const std::string schedule = plain_text(member("noise_schedule"));
  out.said.fields.emplace_back("Schedule type", schedule.empty() || schedule == "native" ? "normal" : schedule);
  const std::string* source = text_of(entries, "Source");
  out.lost.push_back("checkpoint: " + (source == nullptr ? "NovelAI's" : *source) + ", which is not public");
  if (out.said.prompt.find_first_of("{[") != std::string::npos || out.said.prompt.find("::") != std::string::npos) {
    out.lost.emplace_back("the prompt's weights: {} and :: are NovelAI's own");
  }
  if (all.contains("strength")) out.needs_picture = true;
  return out;
}

}  // namespace pxf
