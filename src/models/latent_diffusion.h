// What SD 1.x, SD 2.x and SDXL have in common: where their files keep the UNet and the VAE.
#pragma once

#include <memory>

#include "models/family.h"
#include "models/unet/layout.h"

namespace pxf {

/// `part` with the weights that `names` holds for it; what is missing goes into the report.
template <class Part>
std::unique_ptr<Part> bound(std::unique_ptr<Part> part, const Catalog& names, LoadReport& report) {
  bind_weights(part->declarations(), names, report);
  return part;
}

/// The UNet, under "model.diffusion_model" or bare, and the VAE where there is one. What the file's metadata say of
/// heads and groups goes before `hints`.
void build_unet_and_vae(const Catalog& file, unet::Hints hints, Model& model, LoadReport& report);

/// Conditioning of one text encoder's features alone.
Conditioning features_of_first(std::span<const TextEncoder::Output> texts, const SizeConditioning&);

}  // namespace pxf
