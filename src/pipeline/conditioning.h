// Prompts become what guides the network.
#pragma once

#include <optional>

#include "models/family.h"
#include "ops/context.h"
#include "pixelforge/engine.h"
#include "text/clip_tokenizer.h"

namespace pxf {

/// What the network is asked twice a step: with the prompt and with the negative prompt, of one picture each.
struct Prompts {
  Conditioning positive, negative;
};

/// Prompts of any length: cut into chunks of 77 tokens that are encoded one by one and laid side by side.
/// Throws Failure: unsupported for a text encoder of another vocabulary than CLIP's.
Prompts encode_prompts(Context& ctx, const Model& model, const ClipTokenizer& tokenizer, const Request& request,
                       const Plan& plan);

/// Both as the rows of one batch, the prompt first; none when they are of different lengths.
std::optional<Conditioning> as_batch(const Prompts& prompts);

}  // namespace pxf
