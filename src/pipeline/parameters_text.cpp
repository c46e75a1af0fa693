#include "pipeline/parameters_text.h"

#include <algorithm>
#include <filesystem>
#include <functional>
#include <span>
#include <utility>

#include "base/error.h"
#include "image/parameters.h"
#include "pipeline/licences.h"
#include "pixelforge/methods.h"

namespace pxf {
namespace {

// As A1111 asks for them in a prompt: text encoder's strength first, then the UNet's where it differs. Those that are
// in the prompt come before the request's own.
std::string lora_tags(const std::vector<LoraPlan>& loras, std::size_t requested) {
  std::string out;
  for (const LoraPlan& lora : std::span(loras).last(std::min(requested, loras.size()))) {
    out += fmt::format(" <lora:{}:{}", lora.name, lora.text_strength);
    if (lora.strength != lora.text_strength) out += fmt::format(":{}", lora.strength);
    if (lora.start > 0) out += fmt::format(":start={}", lora.start);
    if (lora.stop < 1) out += fmt::format(":stop={}", lora.stop);
    if (!lora.blocks.empty()) out += ":lbw=" + lora.blocks;
    out += '>';
  }
  return out;
}

std::string lora_hashes(const std::vector<LoraPlan>& loras) {
  std::string out;
  for (const LoraPlan& lora : loras) {
    if (!lora.hash.empty()) out += fmt::format("{}{}: {}", out.empty() ? "" : ", ", lora.name, lora.hash);
  }
  return out;
}

std::string embedding_hashes(const std::vector<EmbeddingPlan>& embeddings) {
  std::string out;
  for (const EmbeddingPlan& one : embeddings) {
    if (!one.hash.empty() && one.left_out.empty()) {
      out += fmt::format("{}{}: {}", out.empty() ? "" : ", ", one.name, one.hash);
    }
  }
  return out;
}

using Add = std::function<void(const char* key, std::string value)>;

void add_noise(const Add& add, const Plan& plan, const Request& request, const Picture& picture) {
  if (plan.variation_strength > 0) {
    add("Variation seed", std::to_string(picture.variation_seed));
    add("Variation seed strength", fmt::format("{}", plan.variation_strength));
  }
  if (request.seed_resize_width) {
    add("Seed resize from", fmt::format("{}x{}", *request.seed_resize_width, *request.seed_resize_height));
  }
  if (request.noise_seed_delta != 0) add("ENSD", std::to_string(request.noise_seed_delta));
  if (plan.noise == NoiseSource::cpu) add("RNG", "CPU");  // A1111 leaves out its default, the GPU's
}

// Fields that A1111 leaves out at their defaults are left out here too.
void add_inpainting(const Add& add, const Request& request) {
  if (!request.mask && !request.outpaint.any()) return;
  add("Mask blur", std::to_string(request.mask_blur));
  if (request.mask_fill == MaskFill::fill) add("Masked content", "fill");
  if (request.mask_fill == MaskFill::noise) add("Masked content", "latent noise");
  if (request.mask_fill == MaskFill::nothing) add("Masked content", "latent nothing");
  if (request.invert_mask) add("Mask mode", "Inpaint not masked");
  if (request.only_masked) {
    add("Inpaint area", "Only masked");
    add("Masked area padding", std::to_string(request.masked_padding));
  }
  const Margins& grown = request.outpaint;
  if (grown.any()) {
    add("Outpaint", fmt::format("left={},right={},top={},bottom={}", grown.left, grown.right, grown.top, grown.bottom));
  }
}

void add_passes(const Add& add, const Plan& plan, const Request& request) {
  if (plan.strength) add("Denoising strength", fmt::format("{}", *plan.strength));
  if (plan.hires_steps > 0) {
    add("Hires upscale", fmt::format("{}", *request.hires));
    add("Hires steps", std::to_string(plan.hires_steps));
    if (request.hires_upscaler != HiresUpscaler::picture) add("Hires upscaler", name_of(request.hires_upscaler).label);
  }
  if (!request.init) return;
  plan.strength ? add_inpainting(add, request) : add("Image CFG scale", fmt::format("{}", request.image_cfg));
}

}  // namespace

std::string parameters_text(const Plan& plan, const Request& request, const Picture& picture,
                            const FileHashes& hashes) {
  Parameters text;
  text.prompt = picture.prompt + lora_tags(plan.loras, request.loras.size());
  text.negative = request.negative;
  const Add add = [&](const char* key, std::string value) { text.fields.emplace_back(key, std::move(value)); };
  add("Steps", std::to_string(plan.steps));
  add("Sampler", plan.sampler_label);
  add("Schedule type", plan.scheduler_label);
  add("CFG scale", fmt::format("{}", plan.cfg_scale));
  if (std::string guidance = to_text(plan.guidance); !guidance.empty()) add("Guidance", std::move(guidance));
  if (std::string shortcuts = to_text(plan.shortcuts); !shortcuts.empty()) add("Shortcuts", std::move(shortcuts));
  add("Seed", std::to_string(picture.seed));
  add("Size", fmt::format("{}x{}", plan.width, plan.height));
  // Ten digits of the sha256: what A1111 and the sites where checkpoints are shared look them up by.
  if (!hashes.checkpoint.empty()) add("Model hash", hashes.checkpoint.substr(0, 10));
  add("Model", plan.checkpoint);
  if (!plan.license.empty()) add("Model license", plan.license);
  if (const std::string licences = lora_licences(plan); !licences.empty()) add("Lora licenses", licences);
  add("Commercial use", verdict_text(plan.commercial));
  if (!hashes.vae.empty()) add("VAE hash", hashes.vae.substr(0, 10));
  if (!plan.vae.empty()) add("VAE", std::filesystem::path(plan.vae).filename().string());
  if (request.clip_skip.value_or(1) > 1) add("Clip skip", std::to_string(*request.clip_skip));
  add_passes(add, plan, request);
  add_noise(add, plan, request, picture);
  if (request.tile_x || request.tile_y) {
    add("Tiling", request.tile_x && request.tile_y ? "True" : request.tile_x ? "x" : "y");  // A1111 knows only both
  }
  if (plan.precision != Precision::exact) add("Precision", std::string(to_string(plan.precision)));
  if (request.syntax == PromptSyntax::comfy) add("Prompt syntax", "comfy");
  if (const std::string loras = lora_hashes(plan.loras); !loras.empty()) add("Lora hashes", loras);
  if (const std::string embeddings = embedding_hashes(plan.embeddings); !embeddings.empty())
    add("TI hashes", embeddings);
  add("Version", fmt::format("PixelForge {}", version()));
  return format_parameters(text);
}

}  // namespace pxf
