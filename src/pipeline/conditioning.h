// Prompts become what guides the network: the prompt language's parts and steps, each encoded once.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "models/family.h"
#include "ops/context.h"
#include "pipeline/embeddings.h"
#include "pixelforge/engine.h"
#include "text/clip_tokenizer.h"
#include "text/prompt.h"

namespace pxf {

/// A prompt, or one of those that AND joins: it may change from step to step.
struct PromptCourse {
  struct Stretch {
    int end_step = 0;  // the last step, from 1, that it holds for
    Conditioning cond;
  };
  double weight = 1;
  std::vector<Stretch> stretches;  // at least one; the last goes on for ever

  const Conditioning& at(int step) const;
};

/// What the network is asked at every step.
struct Prompts {
  std::vector<PromptCourse> positive;  // at least one
  PromptCourse negative;
};

PromptGrammar grammar_of(PromptSyntax syntax) noexcept;

/// Of a picture: the second one is hires fix's, at its own size and with its own steps.
enum class Pass : std::uint8_t { first, second };

/// Prompts of any length: cut into rows of 77 tokens that are encoded one by one and laid side by side, with their
/// weights. `prompt` is the request's with its variants chosen.
/// Throws Failure: unsupported for a text encoder of another vocabulary than CLIP's.
Prompts encode_prompts(Context& ctx, const Model& model, const ClipTokenizer& tokenizer, const std::string& prompt,
                       const Request& request, const Plan& plan, const Embeddings& embeddings = {},
                       Pass pass = Pass::first);

/// All as the rows of one batch, in their order; none when they are of different lengths.
std::optional<Conditioning> as_batch(std::span<const Conditioning* const> all);

}  // namespace pxf
