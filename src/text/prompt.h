// The prompt language as a whole: what is done to the text of a prompt, in this order.
//   with_styles (prompt_styles.h), choose_variants (prompt_variants.h)     once for each picture
//   plan_prompt: cut_networks, and_parts, prompt_schedule                  here; networks are cut in both grammars, the
//                                                                          others are A1111's
//   prompt_spans, prompt_chunks                                            for each text of a plan that a step needs
// Pure functions; any bytes. A text of a plan is the key under which its encoding may be kept.
// Not here: encoding, the weights' effect (prompt_chunks.h has the formulas), adding up parts (prompt_parts.h).
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "text/prompt_attention.h"
#include "text/prompt_chunks.h"
#include "text/prompt_networks.h"
#include "text/prompt_schedule.h"

namespace pxf {

enum class PromptGrammar { a1111, comfy };

struct PromptPart {
  double weight = 1;
  std::vector<ScheduledText> schedule;
};

struct PromptPlan {
  PromptGrammar grammar = PromptGrammar::a1111;
  std::vector<ExtraNetwork> networks;
  std::vector<PromptPart> parts;  // at least one
};

PromptPlan plan_prompt(std::string_view prompt, PromptGrammar grammar, const ScheduleSteps& steps);

/// One text of a plan as texts with weights, and as rows of tokens with weights.
std::vector<WeightedText> prompt_spans(std::string_view text, PromptGrammar grammar);
std::vector<WeightedChunk> prompt_chunks(const ClipTokenizer& tokenizer, std::string_view text, PromptGrammar grammar,
                                         const ChunkLayout& layout = {},
                                         std::span<const PromptEmbedding> embeddings = {});

/// What was understood of a prompt, a line each for people to read: networks, parts, steps, spans.
std::vector<std::string> explain(const PromptPlan& plan);

}  // namespace pxf
