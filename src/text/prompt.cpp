#include "text/prompt.h"

#include "base/error.h"
#include "text/prompt_comfy.h"
#include "text/prompt_parts.h"

namespace pxf {
namespace {

/// In quotes, on one line.
std::string in_quotes(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string line_of(const ExtraNetwork& network) {
  std::string line = fmt::format("network {} {}", network.kind, in_quotes(network.name()));
  for (std::size_t i = 1; i < network.positional.size(); ++i) line += fmt::format(", {}", network.positional[i]);
  for (const auto& [key, value] : network.named) line += fmt::format(", {} = {}", key, value);
  return line;
}

std::string line_of(const WeightedText& span, PromptGrammar grammar) {
  if (grammar == PromptGrammar::a1111 && is_break(span)) return "BREAK: a new row of tokens";
  return fmt::format("{:.4g} x {}", span.weight, in_quotes(span.text));
}

std::string steps_line(int first, int last) {
  return first == last ? fmt::format("step {}", last) : fmt::format("steps {} to {}", first, last);
}

}  // namespace

PromptPlan plan_prompt(std::string_view prompt, PromptGrammar grammar, const ScheduleSteps& steps) {
  PromptNetworks cut = cut_networks(prompt);
  PromptPlan plan{grammar, std::move(cut.networks), {}};
  if (grammar == PromptGrammar::comfy) {
    plan.parts.push_back({1, {{steps.count(), std::move(cut.prompt)}}});
    return plan;
  }
  for (const WeightedText& part : and_parts(cut.prompt)) {
    plan.parts.push_back({part.weight, prompt_schedule(part.text, steps)});
  }
  return plan;
}

std::vector<WeightedText> prompt_spans(std::string_view text, PromptGrammar grammar) {
  return grammar == PromptGrammar::a1111 ? a1111_attention(text) : comfy_attention(text);
}

std::vector<WeightedChunk> prompt_chunks(const ClipTokenizer& tokenizer, std::string_view text, PromptGrammar grammar,
                                         const ChunkLayout& layout, std::span<const PromptEmbedding> embeddings) {
  const std::vector<WeightedText> spans = prompt_spans(text, grammar);
  constexpr std::size_t kCommaBacktrack = 20;  // A1111's own setting
  return grammar == PromptGrammar::a1111 ? a1111_chunks(tokenizer, spans, layout, kCommaBacktrack, embeddings)
                                         : comfy_chunks(tokenizer, spans, layout, embeddings);
}

std::vector<std::string> explain(const PromptPlan& plan) {
  std::vector<std::string> lines;
  for (const ExtraNetwork& network : plan.networks) lines.push_back(line_of(network));
  for (std::size_t i = 0; i < plan.parts.size(); ++i) {
    const PromptPart& part = plan.parts[i];
    if (plan.parts.size() > 1 || part.weight != 1) {
      lines.push_back(fmt::format("part {} of {}, weight {:.4g}", i + 1, plan.parts.size(), part.weight));
    }
    int first = 1;
    for (const ScheduledText& text : part.schedule) {
      lines.push_back(fmt::format("{}: {}", steps_line(first, text.end_step), in_quotes(text.text)));
      for (const WeightedText& span : prompt_spans(text.text, plan.grammar)) {
        lines.push_back("  " + line_of(span, plan.grammar));
      }
      first = text.end_step + 1;
    }
  }
  return lines;
}

}  // namespace pxf
