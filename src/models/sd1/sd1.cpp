#include "models/sd1/sd1.h"

#include "models/latent_diffusion.h"
#include "models/text/clip.h"

namespace pxf {
namespace {

void build(const Catalog& file, Model& model, LoadReport& report) {
  build_unet_and_vae(file, {.heads = 8}, model, report);
  // Early files lack the last level of the name.
  for (const char* path : {"cond_stage_model.transformer.text_model", "cond_stage_model.transformer"}) {
    const Catalog names = file.under(path);
    if (!names.has_any("embeddings.")) continue;
    const text::Layout clip = text::read_clip_layout(names, model.settings.text_heads.value_or(0));
    model.texts.push_back(bound(std::make_unique<text::ClipText>(clip), names, report));
    break;
  }
}

}  // namespace

const LatentColours& sd1_colours() {
  // As ComfyUI and A1111 show them: fitted by its users to decoded pictures.
  static const LatentColours colours{
      {{0.3512, 0.2297, 0.3227}, {0.3250, 0.4974, 0.2350}, {-0.2829, 0.1762, 0.2721}, {-0.2120, -0.2616, -0.7177}}, {}};
  return colours;
}

Family sd1_family() {
  Family family;
  family.id = "sd1";
  family.title = "SD 1.x";
  family.latent = {4, 8, 0.18215, 0, sd1_colours()};
  family.preset = {"dpm++2m", "karras", 20, 7, 512, 512};
  family.diffusers = {"StableDiffusionPipeline", 8};
  family.build = build;
  family.condition = features_of_first;
  return family;
}

Family sd1_inpaint_family() {
  Family family = sd1_family();
  family.id = "sd1-inpaint";
  family.title = "SD 1.x inpainting";
  family.diffusers.pipeline = "StableDiffusionInpaintPipeline";
  family.extra_channels = 5;
  return family;
}

Family sd1_pix2pix_family() {
  Family family = sd1_family();
  family.id = "sd1-pix2pix";
  family.title = "SD 1.x pix2pix";
  family.diffusers.pipeline = "StableDiffusionInstructPix2PixPipeline";
  family.extra_channels = 4;
  family.follows_picture = true;
  return family;
}

}  // namespace pxf
