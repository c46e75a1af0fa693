// Stable Diffusion 1.x: UNet, VAE and CLIP-L text encoder; its inpainting (9 input channels) and pix2pix (8) variants.
#pragma once

#include "models/family.h"

namespace pxf {

/// Of the autoencoder of SD 1.x, which SD 2.x has too.
const LatentColours& sd1_colours();

Family sd1_family();
Family sd1_inpaint_family();
Family sd1_pix2pix_family();

}  // namespace pxf
