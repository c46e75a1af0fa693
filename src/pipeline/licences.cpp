#include "pipeline/licences.h"

#include <fmt/ranges.h>

#include <set>
#include <utility>
#include <vector>

#include "base/error.h"
#include "catalog/side_files.h"
#include "pixelforge/picture_file.h"

namespace pxf {
std::string licence_of(const Catalog& file, const std::filesystem::path& path) {
  std::string said = file.metadata("modelspec.license");
  return said.empty() && !path.empty() ? read_side_files(path).license : said;
}

std::vector<NamedLicence> licences_of(const Plan& plan) {
  std::vector<NamedLicence> out{{plan.checkpoint, plan.license}};
  if (!plan.vae.empty()) out.push_back({std::filesystem::path(plan.vae).filename().string(), plan.vae_license});
  for (const LoraPlan& lora : plan.loras) out.push_back({lora.name, lora.license});
  for (const EmbeddingPlan& one : plan.embeddings) {
    if (one.left_out.empty()) out.push_back({one.name, one.license});
  }
  return out;
}

std::vector<NamedLicence> licences_of_all_pictures(const Plan& plan, const std::vector<std::string>& prompts) {
  std::vector<NamedLicence> out = licences_of(plan);
  std::set<std::string> seen;
  for (const LoraUse& use : take_loras(prompts.front()).loras) seen.insert(use.name);
  for (const std::string& prompt : std::set(prompts.begin(), prompts.end())) {
    for (const LoraUse& use : take_loras(prompt).loras) {
      if (seen.insert(use.name).second) out.push_back(value_or_throw(read_lora_licence(use.name)));
    }
  }
  return out;
}

LicenceVerdict verdict_on(const std::vector<NamedLicence>& models) {
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const auto& [name, licence] : models) pairs.emplace_back(name, licence);
  return judge_licences(pairs);
}

Status check_commercial_use(const std::vector<NamedLicence>& models) {
  std::vector<std::string> against;
  for (const auto& [name, licence] : models) {
    const LicenceVerdict verdict = judge_licence(licence);
    if (verdict.commercial == CommercialUse::yes) continue;
    against.push_back(fmt::format("{} ({}: {})", name, to_string(verdict.commercial), verdict.reason));
  }
  if (against.empty()) return Done{};
  return Error{
      ErrorCode::unsupported,
      fmt::format("commercial use: got {}, need models whose licence allows it; use others, or say what you know "
                  "of a licence with pixelforge set NAME license=…",
                  fmt::join(against, ", ")),
      {}};
}

std::string verdict_text(const LicenceVerdict& verdict) {
  return fmt::format("{} ({})", to_string(verdict.commercial), verdict.reason);
}

std::string lora_licences(const Plan& plan) {
  std::vector<std::string> out;
  for (const LoraPlan& lora : plan.loras) {
    if (!lora.license.empty()) out.push_back(fmt::format("{}: {}", lora.name, judge_licence(lora.license).name));
  }
  return fmt::format("{}", fmt::join(out, ", "));
}

}  // namespace pxf
