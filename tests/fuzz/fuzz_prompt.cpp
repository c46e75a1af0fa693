// Any bytes are a prompt in every grammar: schedules end with the last step, rows have their length, weights are
// finite, and what a choice takes is never longer than the prompt.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "text/prompt.h"
#include "text/prompt_variants.h"
#include "text/styles_file.h"

namespace {

constexpr pxf::ScheduleSteps kSteps[] = {
    {.steps = 7}, {.steps = 7, .hires_steps = 5}, {.steps = 7, .old_rule = true}, {.steps = 1}};

void check(bool holds) {
  if (!holds) std::abort();
}

void check_rows(const pxf::ClipTokenizer& tokenizer, std::string_view text, pxf::PromptGrammar grammar) {
  static constexpr pxf::ChunkLayout layouts[] = {{}, {.begin = 98, .end = 99, .pad = 0, .length = 5}};
  for (const pxf::ChunkLayout& layout : layouts) {
    static const std::vector<pxf::PromptEmbedding> embeddings = {{"a", 60000, 3}, {"(b", 60003, 1}, {"a b", 60004, 2}};
    const auto rows = prompt_chunks(tokenizer, text, grammar, layout, embeddings);
    check(!rows.empty());
    for (const pxf::WeightedChunk& row : rows) {
      check(row.ids.size() == layout.length && row.weights.size() == layout.length);
      check(row.ids.front() == layout.begin && row.taken <= layout.length - 2);
      check(std::all_of(row.weights.begin(), row.weights.end(),
                        [](double weight) { return std::abs(weight) <= pxf::kLargestWeight; }));
    }
  }
}

void check_plan(const pxf::PromptPlan& plan, int steps, std::size_t longest) {
  check(!plan.parts.empty());
  for (const pxf::PromptPart& part : plan.parts) {
    check(std::abs(part.weight) <= pxf::kLargestWeight);
    check(!part.schedule.empty() && part.schedule.back().end_step == steps);
    int before = 0;
    for (const pxf::ScheduledText& text : part.schedule) {
      check(text.end_step > before && text.text.size() <= longest);
      before = text.end_step;
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const pxf::ClipTokenizer tokenizer;
  const std::string_view prompt(reinterpret_cast<const char*>(data), size);
  const std::string chosen = pxf::choose_variants(prompt, 1, [](std::string_view name) {
    return name == "a" ? std::vector<std::string>{"{b|c}", ""} : std::vector<std::string>();
  });
  check(chosen.size() <= size);
  try {
    for (const pxf::Style& style : pxf::read_styles(prompt)) check(!style.name.empty() && style.prompt.size() < size);
  } catch (const pxf::Failure&) {
  }
  for (const std::string& name : pxf::comfy_embeddings(prompt)) check(!name.empty() && name.size() < size);
  for (const pxf::PromptGrammar grammar : {pxf::PromptGrammar::a1111, pxf::PromptGrammar::comfy}) {
    for (const std::string_view text : {prompt, std::string_view(chosen)}) check_rows(tokenizer, text, grammar);
    for (const pxf::ScheduleSteps& steps : kSteps) {
      const pxf::PromptPlan plan = plan_prompt(prompt, grammar, steps);
      check_plan(plan, steps.hires_steps.value_or(steps.steps), size);
      check(!explain(plan).empty());
    }
  }
  return 0;
}
