// Stable Diffusion XL, base and refiner. Podell et al. 2023, "SDXL: Improving Latent Diffusion Models for
// High-Resolution Image Synthesis".
#pragma once

#include "models/family.h"

namespace pxf {

Family sdxl_family();
Family sdxl_inpaint_family();
Family sdxl_refiner_family();

}  // namespace pxf
