// How well a network finds a prompt in a picture: noise is added to the picture's latent, and the prompt is good for so
// much of what the network then gets right that it gets wrong without it. The idea of the diffusion classifier, Li et
// al. 2023, "Your Diffusion Model is Secretly a Zero-Shot Classifier", arXiv 2303.16203, as a share, so that levels of
// noise count alike.
#pragma once

#include "ops/context.h"
#include "pipeline/conditioning.h"
#include "pipeline/guided_network.h"

namespace pxf {

/// Eight evaluations, with the same noise for every latent of one size. Below 0: the prompt misleads; at most 1.
double prompt_evidence(Context& ctx, const Model& model, const Prompts& prompts, const Plan& plan, const Tensor& latent,
                       const GuidedNetwork::Beside& beside);

}  // namespace pxf
