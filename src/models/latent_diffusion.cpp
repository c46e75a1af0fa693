#include "models/latent_diffusion.h"

#include "base/error.h"
#include "models/unet/unet.h"
#include "models/vae/tiny.h"
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

namespace {

/// With its weights, or the Error that says which are missing. Throws Failure.
Result<std::unique_ptr<Autoencoder>> complete(std::unique_ptr<Autoencoder> vae, const Catalog& names) {
  LoadReport report;
  bind_weights(vae->declarations(), names, report);
  if (report.complete()) return vae;
  return Error{ErrorCode::bad_file, fmt::format("VAE tensors, {}; pull or copy the file again", report.problem()),
               names.source().name()};
}

}  // namespace

Result<std::unique_ptr<Autoencoder>> open_autoencoder(const Catalog& file) {
  const std::string& name = file.source().name();
  for (const char* path : {"first_stage_model", "vae", ""}) {
    const Catalog names = file.under(path);
    if (!names.has_any("decoder.up.")) continue;
    try {
      const std::int64_t groups = read_settings(file).group_norm_groups.value_or(unet::Hints().groups);
      return complete(std::make_unique<vae::Vae>(vae::read_layout(names, groups)), names);
    } catch (...) {
      return with_context(current_error(), name);
    }
  }
  try {
    if (const auto tiny = vae::find_tiny(file)) return complete(std::make_unique<vae::Tiny>(*tiny), file);
  } catch (...) {
    return with_context(current_error(), name);
  }
  return Error{ErrorCode::unsupported, "has no VAE (tensors \"decoder.up...\"); need a VAE or a checkpoint with one",
               name};
}

Conditioning features_of_first(std::span<const TextEncoder::Output> texts, const SizeConditioning&) {
  return {texts.front().features};
}

}  // namespace pxf
