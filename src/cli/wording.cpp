#include "cli/wording.h"

#include <fmt/format.h>

#include "cli/plain_text.h"

namespace pxf::cli {

std::string prediction_text(const std::string& prediction) {
  if (prediction == "v") return "v-prediction";
  if (prediction == "eps") return "epsilon prediction";
  if (prediction == "edm") return "EDM prediction";
  return prediction;
}

std::string part_text(const std::string& part) {
  if (part == "unet") return "UNet";
  if (part == "vae") return "VAE";
  if (part == "text_encoder") return "text encoder";
  if (part == "text_encoder_2") return "second text encoder";
  return part;
}

std::string commercial_text(const LicenceVerdict& verdict) {
  return fmt::format("{}: {}", to_string(verdict.commercial), verdict.reason);
}

std::string checkpoint_line(const Plan& plan) {
  const std::string licence = plan.license.empty() ? "licence not stated" : judge_licence(plan.license).name;
  const CommercialUse all = plan.commercial.commercial;
  const char* use = all == CommercialUse::yes  ? ", commercial use allowed"
                    : all == CommercialUse::no ? ", no commercial use"
                                               : "";
  return printable(
      fmt::format("{} · {}, {} · {}{}", plan.checkpoint, plan.family, prediction_text(plan.prediction), licence, use));
}

std::string settings_line(const Plan& plan) {
  std::string line = fmt::format("{} · {} · {} steps · CFG {} · {}x{}", plan.sampler_label, plan.scheduler_label,
                                 plan.steps, plan.cfg_scale, plan.width, plan.height);
  if (const std::string guidance = to_text(plan.guidance); !guidance.empty()) line += " · " + guidance;
  if (const std::string shortcuts = to_text(plan.shortcuts); !shortcuts.empty()) line += " · " + shortcuts;
  if (plan.hires_steps > 0) {
    line += fmt::format(", then {}x{} in {} steps", plan.hires_width, plan.hires_height, plan.hires_steps);
  }
  if (plan.clip_skip > 1) line += fmt::format(" · clip skip {}", plan.clip_skip);
  if (plan.level != Level::balanced) line += fmt::format(" · {}", to_string(plan.level));
  if (plan.noise == NoiseSource::gpu) line += " · GPU noise";
  return line;
}

std::string settings_line(const Recommended& r) {
  return printable(fmt::format("{} · {} · {} steps · CFG {} · {}x{}", r.sampler_label, r.scheduler_label, r.steps,
                               r.cfg_scale, r.width, r.height));
}

std::string chosen_line(const Choice& choice) {
  std::string line = fmt::format("{}: {}", choice.checkpoint, choice.why);
  if (choice.scores.size() > 1) line += fmt::format("; second best: {}", choice.scores[1].checkpoint);
  return printable(line);
}

std::string proposal_line(const ChosenLora& lora) {
  return printable(fmt::format("LoRA {} fits, {}: -l {}", lora.name, lora.why, lora.name));
}

std::string origin_text(const std::string& from) {
  return from.starts_with("tuned here") ? from : "recommended by " + from;
}

}  // namespace pxf::cli
