#include "models/latent_diffusion.h"

#include "models/unet/unet.h"
#include "models/vae/vae.h"

namespace pxf {

void build_unet_and_vae(const Catalog& file, unet::Hints hints, Model& model, LoadReport& report) {
  const Settings& settings = model.settings;
  hints.groups = settings.group_norm_groups.value_or(hints.groups);
  if (settings.unet_heads) {
    hints.heads = *settings.unet_heads;
    hints.head_width = 0;
  }
  const Catalog net = file.under(file.has_any("model.diffusion_model.") ? "model.diffusion_model" : "");
  model.network = bound(std::make_unique<unet::Unet>(unet::read_layout(net, hints)), net, report);
  if (const Catalog names = file.under("first_stage_model"); !names.empty()) {
    model.autoencoder = bound(std::make_unique<vae::Vae>(vae::read_layout(names, hints.groups)), names, report);
  }
}

Conditioning features_of_first(std::span<const TextEncoder::Output> texts, const SizeConditioning&) {
  return {texts.front().features};
}

}  // namespace pxf
