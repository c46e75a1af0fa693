// Held against the ids of transformers' CLIPTokenizer (golden tokenizer/).
#include "text/clip_tokenizer.h"

#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/error.h"
#include "support.h"
#include "text/token_chunks.h"

namespace pxf::test {
namespace {

using Ids = std::vector<std::int32_t>;

/// The cases of a golden file, none when this set lacks it.
nlohmann::json cases_of(const std::string& file) {
  std::ifstream in(golden_folder() / "tokenizer" / file);
  return in ? nlohmann::json::parse(in)["cases"] : nlohmann::json::array();
}

TEST(ClipTokenizerGolden, GivesTheIdsThatTransformersGives) {
  const ClipTokenizer tokenizer;
  const auto cases = cases_of("clip.json");
  if (cases.empty()) GTEST_SKIP();
  for (const auto& c : cases) {
    const std::string text = c["text"];
    EXPECT_EQ(tokenizer.encode(text), c["ids"].get<Ids>()) << text;
  }
}

TEST(ClipTokenizerGolden, FirstRowIsWhatATruncatingTokenizerPads) {
  const ClipTokenizer tokenizer;
  const auto cases = cases_of("clip_padded.json");
  if (cases.empty()) GTEST_SKIP();
  for (const auto& c : cases) {
    const std::string text = c["text"];
    EXPECT_EQ(chunks(tokenizer.encode(text)).front(), c["ids77"].get<Ids>()) << text;
  }
}

TEST(ClipTokenizerGolden, DecodesAsTransformersDoes) {
  const ClipTokenizer tokenizer;
  const auto cases = cases_of("clip_decode.json");
  if (cases.empty()) GTEST_SKIP();
  for (const auto& c : cases) EXPECT_EQ(tokenizer.decode(c["ids"].get<Ids>()), c["text"].get<std::string>());
}

TEST(ClipTokenizer, DecodedTextEncodesToTheSameIds) {
  const ClipTokenizer tokenizer;
  for (const auto& c : cases_of("clip.json")) {
    const auto ids = c["ids"].get<Ids>();
    EXPECT_EQ(tokenizer.encode(tokenizer.decode(ids)), ids) << c["text"];
  }
}

TEST(ClipTokenizer, SpecialNamesInAnotherCaseAreJustText) {
  const ClipTokenizer tokenizer;
  EXPECT_EQ(tokenizer.encode("<|EndOfText|>!!"), tokenizer.encode("<| endoftext |> !!"));
}

TEST(ClipTokenizer, BytesThatAreNotUtf8ReadAsReplacementCharacters) {
  const ClipTokenizer tokenizer;
  EXPECT_EQ(tokenizer.encode("a\xff b\xc3"), tokenizer.encode("a\ufffd b\ufffd"));
  EXPECT_EQ(tokenizer.encode("\xed\xa0\x80"), tokenizer.encode("\ufffd\ufffd\ufffd"));  // a surrogate
  EXPECT_EQ(tokenizer.encode(std::string_view("x\0y", 3)).size(), 3u);
}

TEST(ClipTokenizer, RefusesToDecodeWhatIsNoId) {
  const ClipTokenizer tokenizer;
  EXPECT_THROW(tokenizer.decode(Ids{49408}), Failure);
  EXPECT_THROW(tokenizer.decode(Ids{-1}), Failure);
}

// A quadratic step would take minutes here; the limit leaves room for sanitizers and a busy machine.
TEST(ClipTokenizer, OneWordOfAHundredThousandCharactersTakesNoTime) {
  const ClipTokenizer tokenizer;
  std::string marks;
  for (int i = 0; i < 100'000; ++i) marks += i % 2 ? "\u0323" : "\u0301";  // out of canonical order
  std::string starts;
  for (int i = 0; i < 10'000; ++i) starts += "<|startoftext";
  for (const std::string& text : {std::string(100'000, 'a'), std::string(100'000, '!'), marks, starts}) {
    const auto start = std::chrono::steady_clock::now();
    EXPECT_FALSE(tokenizer.encode(text).empty());
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
  }
}

TEST(ClipTokenizer, ThreadsMayShareOne) {
  const ClipTokenizer tokenizer;
  const Ids want = tokenizer.encode("a red apple on a beach");
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([copy = tokenizer, &tokenizer, &want] {
      EXPECT_EQ(copy.encode("a red apple on a beach"), want);
      EXPECT_EQ(tokenizer.encode("a red apple on a beach"), want);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST(Chunks, ALongPromptBecomesRowsOfSeventyFive) {
  Ids ids(160);
  for (std::size_t i = 0; i < ids.size(); ++i) ids[i] = static_cast<std::int32_t>(i);
  const auto rows = chunks(ids);
  ASSERT_EQ(rows.size(), 3u);
  for (const TokenChunk& row : rows) {
    EXPECT_EQ(row.size(), 77u);
    EXPECT_EQ(row.front(), ClipTokenizer::kBegin);
    EXPECT_EQ(row.back(), ClipTokenizer::kEnd);
  }
  EXPECT_EQ(rows[1][1], 75);
  EXPECT_EQ(rows[2][10], 159);
  EXPECT_EQ(rows[2][11], ClipTokenizer::kEnd);
}

TEST(Chunks, SeventyFiveIdsFillOneRow) { EXPECT_EQ(chunks(Ids(75, 1)).size(), 1u); }

TEST(Chunks, AnEncoderMayPadWithItsOwnIds) {
  const ChunkLayout tiny{.begin = 98, .end = 99, .pad = 0, .length = 6};
  EXPECT_EQ(chunks(Ids{5, 6}, tiny), (std::vector<TokenChunk>{{98, 5, 6, 99, 0, 0}}));
  EXPECT_EQ(chunks(Ids{}, tiny), (std::vector<TokenChunk>{{98, 99, 0, 0, 0, 0}}));
  EXPECT_THROW(chunks(Ids{5}, {.length = 2}), Failure);
}

}  // namespace
}  // namespace pxf::test
