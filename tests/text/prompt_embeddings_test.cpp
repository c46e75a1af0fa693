// Names of embeddings in prompts: where they are found, and the places that they take in rows of tokens.
#include "text/prompt_embeddings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "base/error.h"
#include "text/prompt.h"

namespace pxf {
namespace {

using testing::ElementsAre;

const std::vector<PromptEmbedding> kEmbeddings = {{"fox", 50000, 2}, {"fox-fur", 50002, 4}, {"<cat>", 50006, 1}};

std::vector<WeightedChunk> rows_of(const std::string& prompt, PromptGrammar grammar = PromptGrammar::a1111) {
  static const ClipTokenizer tokenizer;
  return prompt_chunks(tokenizer, prompt, grammar, {}, kEmbeddings);
}

std::vector<std::int32_t> ids_of(const WeightedChunk& row) {
  return {row.ids.begin() + 1, row.ids.begin() + 1 + static_cast<std::ptrdiff_t>(row.taken)};
}

std::vector<std::int32_t> ids_of(const std::string& prompt, PromptGrammar grammar = PromptGrammar::a1111) {
  return ids_of(rows_of(prompt, grammar).at(0));
}

std::string words(int count) {
  std::string out;
  for (int i = 0; i < count; ++i) out += "a ";
  return out;
}

constexpr std::int32_t kA = 320, kComma = 267;

TEST(PromptEmbeddings, ANameIsAWordInAnyCaseAndNoPartOfOne) {
  EXPECT_TRUE(names_embedding("a Fox, running", "fox"));
  EXPECT_TRUE(names_embedding("(fox:1.2)", "fox"));
  EXPECT_TRUE(names_embedding("fox2", "fox"));
  EXPECT_FALSE(names_embedding("foxes", "fox"));
  EXPECT_FALSE(names_embedding("firefox", "fox"));
  EXPECT_FALSE(names_embedding("", "fox"));
  EXPECT_FALSE(names_embedding("a", ""));
}

TEST(PromptEmbeddings, VectorsTakeThePlacesOfTheName) {
  EXPECT_THAT(ids_of("a fox, a"), ElementsAre(kA, 50000, 50001, kComma, kA));
  EXPECT_THAT(ids_of("a fox-fur a"), ElementsAre(kA, 50002, 50003, 50004, 50005, kA));  // the longest name
  EXPECT_THAT(ids_of("<cat>,a"), ElementsAre(50006, kComma, kA));
}

TEST(PromptEmbeddings, WeightsGoForAllVectors) {
  const WeightedChunk row = rows_of("a (fox:1.5) a").at(0);
  EXPECT_THAT(std::vector(row.weights.begin() + 1, row.weights.begin() + 5), ElementsAre(1, 1.5, 1.5, 1));
}

// As A1111 1.10 has it: what does not fit begins a new row, and the old one is full.
TEST(PromptEmbeddings, AnEmbeddingIsNotCutInTwo) {
  const auto fits = rows_of(words(71) + "fox-fur");
  ASSERT_EQ(fits.size(), 1u);
  EXPECT_EQ(fits[0].taken, 75u);
  const auto rows = rows_of(words(72) + "fox-fur a");
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].ids[73], 49407);
  EXPECT_THAT(ids_of(rows[1]), ElementsAre(50002, 50003, 50004, 50005, kA));
}

// A full row is left at its last comma before an embedding as before a word.
TEST(PromptEmbeddings, AFullRowGoesBackToItsComma) {
  const auto rows = rows_of(words(70) + ", a a a a fox");
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_THAT(ids_of(rows[1]), ElementsAre(kA, kA, kA, kA, 50000, 50001));
}

TEST(PromptEmbeddings, OneThatNoRowHoldsIsRefused) {
  const ClipTokenizer tokenizer;
  const std::vector<PromptEmbedding> large = {{"fox", 50000, 76}};
  EXPECT_THROW(prompt_chunks(tokenizer, "fox", PromptGrammar::a1111, {}, large), Failure);
}

TEST(PromptEmbeddings, ComfyNamesThemAfterAPrefix) {
  constexpr auto kComfy = PromptGrammar::comfy;
  EXPECT_THAT(ids_of("a embedding:fox a", kComfy), ElementsAre(kA, 50000, 50001, kA));
  EXPECT_THAT(ids_of("a embedding:fox, a", kComfy), ElementsAre(kA, 50000, 50001, kComma, kA));
  EXPECT_THAT(ids_of("embedding:styles/FOX.pt", kComfy), ElementsAre(50000, 50001));
  EXPECT_EQ(ids_of("a fox", kComfy).size(), 2u);
  EXPECT_THAT(comfy_embeddings("a (embedding:fox:1.2), embedding:cat.safetensors b"), ElementsAre("fox", "cat"));
}

}  // namespace
}  // namespace pxf
