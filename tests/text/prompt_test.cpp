#include "text/prompt.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cmath>

#include "text/prompt_variants.h"

namespace pxf::test {
namespace {

using ::testing::ElementsAre;

constexpr ScheduleSteps kSteps{.steps = 20};

TEST(Prompt, IsPlannedFromTheOutsideIn) {
  const PromptPlan plan = plan_prompt("<lora:fox:0.8>a [cat:dog:0.5] AND (b:1.2) :0.7", PromptGrammar::a1111, kSteps);
  ASSERT_EQ(plan.networks.size(), 1u);
  ASSERT_EQ(plan.parts.size(), 2u);
  EXPECT_EQ(plan.parts[0].schedule, (std::vector<ScheduledText>{{10, "a cat"}, {20, "a dog"}}));
  EXPECT_EQ(plan.parts[1].weight, 0.7);
  EXPECT_EQ(plan.parts[1].schedule, (std::vector<ScheduledText>{{20, " (b:1.2)"}}));
}

TEST(Prompt, ComfyKnowsNeitherPartsNorSchedules) {
  const PromptPlan plan = plan_prompt("[a|b] AND c<lora:fox:1>", PromptGrammar::comfy, kSteps);
  EXPECT_EQ(plan.networks.size(), 1u);
  ASSERT_EQ(plan.parts.size(), 1u);
  EXPECT_EQ(plan.parts[0].schedule, (std::vector<ScheduledText>{{20, "[a|b] AND c"}}));
}

TEST(Prompt, IsExplained) {
  const auto lines = explain(
      plan_prompt("<lora:fox:0.8:start=0.3>a [cat:\ndog:10] AND (b) BREAK c:0.7", PromptGrammar::a1111, kSteps));
  EXPECT_THAT(lines,
              ElementsAre("network lora \"fox\", 0.8, start = 0.3", "part 1 of 2, weight 1", "steps 1 to 10: \"a cat\"",
                          "  1 x \"a cat\"", "steps 11 to 20: \"a \\ndog\"", "  1 x \"a \\ndog\"",
                          "part 2 of 2, weight 0.7", "steps 1 to 20: \" (b) BREAK c\"", "  1 x \" \"", "  1.1 x \"b\"",
                          "  1 x \"\"", "  BREAK: a new row of tokens", "  1 x \"c\""));
}

TEST(PromptChunks, RowsHaveTheLayoutOfTheEncoder) {
  const ClipTokenizer tokenizer;
  const ChunkLayout open_clip{.pad = 0};
  const auto rows = prompt_chunks(tokenizer, "a BREAK (cat:1.5)", PromptGrammar::a1111, open_clip);
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(TokenChunk(rows[1].ids.begin(), rows[1].ids.begin() + 4), (TokenChunk{49406, 2368, 49407, 0}));
  EXPECT_EQ(rows[1].weights[1], 1.5);
  EXPECT_EQ(rows[1].weights[2], 1);
  EXPECT_EQ(rows[0].taken, 75u);
  EXPECT_EQ(rows[1].taken, 1u);
}

TEST(PromptChunks, CommaBacktrackingCanBeTurnedOff) {
  const ClipTokenizer tokenizer;
  std::string prompt;
  for (int i = 0; i < 70; ++i) prompt += "x ";
  prompt += ", y y y y y y y y";
  const auto spans = a1111_attention(prompt);
  EXPECT_EQ(a1111_chunks(tokenizer, spans)[0].ids[72], ClipTokenizer::kEnd);
  EXPECT_NE(a1111_chunks(tokenizer, spans, {}, 0)[0].ids[75], ClipTokenizer::kEnd);
  EXPECT_NE(a1111_chunks(tokenizer, spans, {}, 3)[0].ids[75], ClipTokenizer::kEnd);
}

// ComfyUI would try for ever.
TEST(PromptChunks, AShortSpanIsCutWhereNoRowHoldsIt) {
  const ClipTokenizer tokenizer;
  const ChunkLayout tiny{.length = 5};
  const auto rows = prompt_chunks(tokenizer, "a (b c d e f:1.2)", PromptGrammar::comfy, tiny);
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[1].ids.size(), 5u);
}

TEST(PromptChunks, AnEmptyPromptIsARowToo) {
  const ClipTokenizer tokenizer;
  EXPECT_EQ(prompt_chunks(tokenizer, "", PromptGrammar::a1111).size(), 1u);
  EXPECT_EQ(prompt_chunks(tokenizer, "", PromptGrammar::comfy).size(), 1u);
}

void run_all(const ClipTokenizer& tokenizer, const std::string& prompt) {
  const std::string text = choose_variants(prompt, 1, [](std::string_view) { return std::vector<std::string>(); });
  EXPECT_LE(text.size(), prompt.size());
  for (const PromptGrammar grammar : {PromptGrammar::a1111, PromptGrammar::comfy}) {
    const PromptPlan plan = plan_prompt(text, grammar, kSteps);
    ASSERT_FALSE(plan.parts.empty());
    for (const PromptPart& part : plan.parts) {
      EXPECT_TRUE(std::isfinite(part.weight));
      EXPECT_EQ(part.schedule.back().end_step, 20);
    }
    for (const WeightedChunk& row : prompt_chunks(tokenizer, plan.parts[0].schedule[0].text, grammar)) {
      ASSERT_EQ(row.ids.size(), 77u);
      ASSERT_EQ(row.weights.size(), 77u);
      for (const double weight : row.weights) ASSERT_LE(std::abs(weight), kLargestWeight);
    }
  }
}

std::string repeated(const std::string& text, std::size_t characters) {
  std::string out;
  while (out.size() < characters) out += text;
  return out;
}

// A quadratic step or a recursion would show here; the limit leaves room for sanitizers and a busy machine.
TEST(Prompt, AHundredThousandHostileCharactersTakeNoTime) {
  const ClipTokenizer tokenizer;
  constexpr std::size_t half = 50'000;
  std::vector<std::string> prompts;
  for (const std::string piece :
       {"(",     ")",         "[",      "]",    "{",          "}",     "<",      "__",   "|",        ":",   "\\",
        " ",     "(a",        "[a",     "(a[b", "([",         "{[",    "a:",     "[a:",  "[a|",      "{a|", "(a:1.1)",
        "[a|b]", "[a:b:0.5]", "{a|b}",  "<a:",  "<a:b>",      "__a__", "BREAK ", "AND ", "ANDBREAK", ": ",  "(:",
        "1e999", "(a:nan)",   "\u3000", "\xff", "embedding:", ", ",    "\\(",    "__a"}) {
    prompts.push_back(repeated(piece, 2 * half));
  }
  prompts.push_back(repeated("(", half) + repeated(")", half));
  prompts.push_back(repeated("[", half) + repeated("]", half));
  prompts.push_back(repeated("([", half) + repeated("])", half));
  prompts.push_back(repeated("(", half) + repeated("a)", half));
  prompts.push_back(repeated("(a", half) + repeated(":1.1)", half));
  prompts.push_back(repeated("[a|", half) + repeated("]", half));
  prompts.push_back(repeated("{a|", half) + repeated("}", half));
  prompts.push_back(repeated("[", half) + repeated(":1]", half));
  prompts.push_back(repeated("[a:", half) + repeated(":0.5]", half));
  for (const std::string& prompt : prompts) {
    const auto start = std::chrono::steady_clock::now();
    run_all(tokenizer, prompt);
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5)) << prompt.substr(0, 20);
  }
}

}  // namespace
}  // namespace pxf::test
