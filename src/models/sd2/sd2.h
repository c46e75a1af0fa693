// Stable Diffusion 2.x: the UNet of 1.x with heads of 64 and the text features of OpenCLIP ViT-H.
#pragma once

#include "models/family.h"

namespace pxf {

Family sd2_family();
Family sd2_inpaint_family();

}  // namespace pxf
