#include "models/sdxl/sdxl.h"

#include "models/latent_diffusion.h"
#include "models/text/clip.h"
#include "models/text/open_clip.h"
#include "ops/arrange.h"

namespace pxf {
namespace {

constexpr std::int64_t kWave = 256;  // numbers that each entry of the size conditioning becomes

void add_clip(const Catalog& names, Model& model, LoadReport& report) {
  text::Layout layout = text::read_clip_layout(names, model.settings.text_heads.value_or(0));
  layout.final_norm = false;
  model.texts.push_back(bound(std::make_unique<text::ClipText>(layout), names, report));
}

void add_open_clip(const Catalog& names, Model& model, LoadReport& report) {
  text::Layout layout = text::read_open_clip_layout(names, model.settings.text_heads.value_or(0));
  layout.final_norm = false;
  layout.projection = names.dim("text_projection", 1).value_or(layout.width);
  model.texts.push_back(bound(std::make_unique<text::OpenClipText>(layout), names, report));
}

void build_base(const Catalog& file, Model& model, LoadReport& report) {
  build_unet_and_vae(file, {.head_width = 64}, model, report);
  const Catalog small = file.under("conditioner.embedders.0.transformer.text_model");
  const Catalog large = file.under("conditioner.embedders.1.model");
  if (!small.has_any("embeddings.") || !large.has_any("transformer.resblocks.")) return;
  add_clip(small, model, report);
  add_open_clip(large, model, report);
}

void build_refiner(const Catalog& file, Model& model, LoadReport& report) {
  build_unet_and_vae(file, {.head_width = 64}, model, report);
  const Catalog large = file.under("conditioner.embedders.0.model");
  if (large.has_any("transformer.resblocks.")) add_open_clip(large, model, report);
}

/// (B, width) pooled rows, each followed by the sinusoids of `numbers`.
Tensor with_waves(const Tensor& pooled, std::vector<double> numbers) {
  const std::int64_t batch = pooled.dim(0), count = static_cast<std::int64_t>(numbers.size());
  const std::vector<double> row = numbers;
  for (std::int64_t b = 1; b < batch; ++b) numbers.insert(numbers.end(), row.begin(), row.end());
  return concat_channels(pooled, timestep_embedding(pooled.context(), numbers, kWave).reshape({batch, count * kWave}));
}

Conditioning condition_base(std::span<const TextEncoder::Output> texts, const SizeConditioning& size) {
  return {concat_channels(texts[0].features, texts[1].features),
          with_waves(texts[1].pooled,
                     {size.height, size.width, size.crop_top, size.crop_left, size.target_height, size.target_width})};
}

Conditioning condition_refiner(std::span<const TextEncoder::Output> texts, const SizeConditioning& size) {
  return {texts[0].features,
          with_waves(texts[0].pooled, {size.height, size.width, size.crop_top, size.crop_left, size.aesthetic_score})};
}

}  // namespace

Family sdxl_family() {
  Family family;
  family.id = "sdxl";
  family.title = "SDXL";
  // As ComfyUI shows them.
  const LatentColours colours{
      {{0.3920, 0.4054, 0.4549}, {-0.2634, -0.0196, 0.0653}, {0.0568, 0.1687, -0.0755}, {-0.3112, -0.2359, -0.2076}},
      {}};
  family.latent = {4, 8, 0.13025, 0, colours};
  family.text.clip_skip = 2;
  family.text.zero_empty_negative = true;
  family.preset = {"dpm++2m", "karras", 25, 6, 1024, 1024};
  family.diffusers = {"StableDiffusionXLPipeline", 0, 64};
  // Playground 2.5 (Li et al. 2024, section 2.1), as its authors draw with it.
  family.edm = EdmTraining{.channel_means = {-1.6574, 1.886, -1.383, 2.5155},
                           .channel_deviations = {8.4927, 5.9022, 6.5498, 5.2299},
                           .preset = {"dpm++2m", "karras", 50, 3, 1024, 1024}};
  family.build = build_base;
  family.condition = condition_base;
  return family;
}

Family sdxl_inpaint_family() {
  Family family = sdxl_family();
  family.id = "sdxl-inpaint";
  family.title = "SDXL inpainting";
  family.diffusers.pipeline = "StableDiffusionXLInpaintPipeline";
  family.extra_channels = 5;
  return family;
}

Family sdxl_refiner_family() {
  Family family = sdxl_family();
  family.id = "sdxl-refiner";
  family.title = "SDXL refiner";
  family.diffusers = {};  // whose base it would need as well
  family.build = build_refiner;
  family.condition = condition_refiner;
  return family;
}

}  // namespace pxf
