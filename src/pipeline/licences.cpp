#include "pipeline/licences.h"

#include <fmt/ranges.h>

#include <utility>
#include <vector>

#include "catalog/side_files.h"

namespace pxf {
namespace {

/// The models behind a picture, with their licences.
std::vector<std::pair<std::string, std::string>> models_of(const Plan& plan) {
  std::vector<std::pair<std::string, std::string>> out{{plan.checkpoint, plan.license}};
  if (!plan.vae.empty()) out.emplace_back(std::filesystem::path(plan.vae).filename().string(), plan.vae_license);
  for (const LoraPlan& lora : plan.loras) out.emplace_back(lora.name, lora.license);
  for (const EmbeddingPlan& one : plan.embeddings) {
    if (one.left_out.empty()) out.emplace_back(one.name, one.license);
  }
  return out;
}

}  // namespace

std::string licence_of(const Catalog& file, const std::filesystem::path& path) {
  std::string said = file.metadata("modelspec.license");
  return said.empty() && !path.empty() ? read_side_files(path).license : said;
}

LicenceVerdict verdict_on(const Plan& plan) { return judge_licences(models_of(plan)); }

Status check_commercial_use(const Plan& plan) {
  std::vector<std::string> against;
  for (const auto& [name, licence] : models_of(plan)) {
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
