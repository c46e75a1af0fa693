#include "models/sd2/sd2.h"

#include <cmath>

#include "models/latent_diffusion.h"
#include "models/sd1/sd1.h"
#include "models/text/open_clip.h"

namespace pxf {
namespace {

struct {
  std::int64_t width = 1024, layers = 24;
} constexpr kViTH;  // OpenCLIP's, of which SD 2 reads the last layer but one

/// Whether the UNet was trained on v. No shape tells: ComfyUI found that this norm's biases spread further in the files
/// that were (above 0.09).
bool looks_trained_on_v(const Catalog& file) {
  const std::string name = "model.diffusion_model.output_blocks.11.1.transformer_blocks.0.norm1.bias";
  if (!file.has(name)) return false;
  std::vector<float> values(static_cast<std::size_t>(file.shape(name).numel()));
  if (values.size() < 2) return false;
  file.weight(name).read_f32(0, values);
  double sum = 0, squares = 0;
  for (const float v : values) sum += v;
  const double mean = sum / static_cast<double>(values.size());
  for (const float v : values) squares += (v - mean) * (v - mean);
  return std::sqrt(squares / static_cast<double>(values.size() - 1)) > 0.09;
}

void build(const Catalog& file, Model& model, LoadReport& report) {
  build_unet_and_vae(file, {.head_width = 64}, model, report);
  if (model.settings.prediction_type.empty() && looks_trained_on_v(file)) model.prediction = Prediction::v;
  // The 768 models are those trained on v.
  if (model.prediction == Prediction::v) model.preset.width = model.preset.height = 768;

  const Catalog names = file.under("cond_stage_model.model");
  if (!names.has_any("transformer.resblocks.")) return;
  text::Layout layout = text::read_open_clip_layout(names, model.settings.text_heads.value_or(0));
  if (layout.width == kViTH.width && layout.layers == kViTH.layers - 1) layout.left_out = 1;  // diffusers' files
  model.texts.push_back(bound(std::make_unique<text::OpenClipText>(layout), names, report));
}

}  // namespace

Family sd2_family() {
  Family family;
  family.id = "sd2";
  family.title = "SD 2.x";
  family.latent = {4, 8, 0.18215, 0, sd1_colours()};  // its autoencoder is that of SD 1.x
  family.text.clip_skip = 2;
  family.preset = {"dpm++2m", "karras", 25, 7, 512, 512};
  family.diffusers = {"StableDiffusionPipeline", 0, 64};
  family.build = build;
  family.condition = features_of_first;
  return family;
}

Family sd2_inpaint_family() {
  Family family = sd2_family();
  family.id = "sd2-inpaint";
  family.title = "SD 2.x inpainting";
  family.diffusers.pipeline = "StableDiffusionInpaintPipeline";
  family.extra_channels = 5;
  return family;
}

}  // namespace pxf
