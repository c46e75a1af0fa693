// Where sampling begins: from noise alone, or from a picture, the whole of it or what lies under a mask.
#pragma once

#include "models/family.h"
#include "ops/context.h"
#include "pipeline/canvas.h"
#include "pipeline/guided_network.h"
#include "pipeline/plane.h"
#include "pixelforge/engine.h"

namespace pxf {

struct Start {
  Tensor latent;                 // (1, h, w, channels), in the sampler's scale; undefined: noise alone
  Tensor mask;                   // the same shape, 1 where the picture is made anew; undefined: everywhere
  GuidedNetwork::Beside beside;  // for networks with more channels than the latent's
  // With a mask: what is drawn is put back into this region of the whole picture, as far as the mask says.
  Image whole;
  Plane soft_mask;  // of the whole's size
  Region region;
};

/// Encodes what the request brings. Throws Failure: out_of_memory; cancelled.
Start start_of(Context& ctx, const Model& model, const Request& request, const Plan& plan);

/// The whole picture with `made` where the mask is white, mixed in where it is soft; `made` itself without a mask.
Image kept_outside_mask(Image made, const Start& start);

}  // namespace pxf
