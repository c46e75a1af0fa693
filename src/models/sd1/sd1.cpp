#include "models/sd1/sd1.h"

#include "models/text/clip.h"
#include "models/unet/unet.h"
#include "models/vae/vae.h"

namespace pxf {
namespace {

constexpr std::int64_t kHeads = 8;  // in every block, whatever its width
constexpr std::int64_t kGroups = 32;

template <class Part>
std::unique_ptr<Part> bound(std::unique_ptr<Part> part, const Catalog& names, LoadReport& report) {
  bind_weights(part->declarations(), names, report);
  return part;
}

void build(const Catalog& file, Model& model, LoadReport& report) {
  const Settings& settings = model.settings;
  const std::int64_t groups = settings.group_norm_groups.value_or(kGroups);

  const Catalog net = file.under(file.has_any("model.diffusion_model.") ? "model.diffusion_model" : "");
  const unet::Layout layout = unet::read_layout(net, {settings.unet_heads.value_or(kHeads), groups});
  model.network = bound(std::make_unique<unet::Unet>(layout), net, report);

  if (const Catalog names = file.under("first_stage_model"); !names.empty()) {
    model.autoencoder = bound(std::make_unique<vae::Vae>(vae::read_layout(names, groups)), names, report);
  }
  // Early files lack the last level of the name.
  for (const char* path : {"cond_stage_model.transformer.text_model", "cond_stage_model.transformer"}) {
    const Catalog names = file.under(path);
    if (!names.has_any("embeddings.")) continue;
    const text::ClipLayout clip = text::read_clip_layout(names, settings.text_heads.value_or(0));
    model.text = bound(std::make_unique<text::ClipText>(clip), names, report);
    break;
  }
}

}  // namespace

Family sd1_family() {
  Family family;
  family.id = "sd1";
  family.title = "SD 1.x";
  family.latent = {4, 8, 0.18215, 0};
  family.preset = {"dpm++2m", "karras", 20, 7, 512, 512};
  family.build = build;
  return family;
}

Family sd1_inpaint_family() {
  Family family = sd1_family();
  family.id = "sd1-inpaint";
  family.title = "SD 1.x inpainting";
  family.extra_channels = 5;
  return family;
}

Family sd1_pix2pix_family() {
  Family family = sd1_family();
  family.id = "sd1-pix2pix";
  family.title = "SD 1.x pix2pix";
  family.extra_channels = 4;
  return family;
}

}  // namespace pxf
