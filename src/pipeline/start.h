// Where sampling begins: from noise alone, or from a picture, the whole of it or what lies under a mask.
#pragma once

#include <vector>

#include "models/family.h"
#include "ops/context.h"
#include "pipeline/guided_network.h"
#include "pixelforge/engine.h"

namespace pxf {

struct Start {
  Tensor latent;                 // (1, h, w, channels), in the sampler's scale; undefined: noise alone
  Tensor mask;                   // the same shape, 1 where the picture is made anew; undefined: everywhere
  GuidedNetwork::Beside beside;  // for networks with more channels than the latent's
  Image picture;                 // at the result's size; empty without one
  std::vector<float> soft_mask;  // of each pixel; empty without a mask
};

/// Encodes what the request brings. Throws Failure: out_of_memory; cancelled.
Start start_of(Context& ctx, const Model& model, const Request& request, const Plan& plan);

/// `made` where the mask is white and the start's picture where it is black, mixed in between; `made` without a mask.
Image kept_outside_mask(Image made, const Start& start);

}  // namespace pxf
