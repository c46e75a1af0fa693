// Prompts become what guides the network.
#pragma once

#include <string>

#include "models/family.h"
#include "ops/context.h"
#include "text/clip_tokenizer.h"

namespace pxf {

/// What the network is asked twice a step: with the prompt and with the negative prompt, (1, tokens, width) each.
struct Prompts {
  Conditioning positive, negative;
};

/// Prompts of any length: cut into chunks of 77 tokens that are encoded one by one and laid side by side.
/// Throws Failure: unsupported for a text encoder of another vocabulary than CLIP's.
Prompts encode_prompts(Context& ctx, const Model& model, const ClipTokenizer& tokenizer, const std::string& prompt,
                       const std::string& negative, int clip_skip);

}  // namespace pxf
