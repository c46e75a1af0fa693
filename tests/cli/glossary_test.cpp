#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "pixelforge/engine.h"

namespace pxf {
namespace {

TEST(Glossary, EveryEntryIsShortAndFoundByAllItsNames) {
  EXPECT_GE(glossary().size(), 35u);
  for (const GlossaryEntry& entry : glossary()) {
    EXPECT_GT(entry.text.size(), 40u) << entry.term;
    EXPECT_LT(entry.text.size(), 450u) << entry.term;
    std::vector<std::string> names = entry.aliases;
    names.push_back(entry.term);
    for (const std::string& name : names) {
      const auto found = explain(name);
      ASSERT_TRUE(found) << name;
      EXPECT_EQ(found.value(), &entry) << name << " leads to " << found.value()->term;
    }
  }
}

TEST(Glossary, KnowsTheWordsOfTheRequest) {
  for (const char* word : {"checkpoint", "latent", "prompt", "negative prompt", "CFG", "sampler", "scheduler", "seed",
                           "steps", "clip skip", "LoRA", "VAE", "UNet", "v-prediction", "safetensors", "img2img"}) {
    EXPECT_TRUE(explain(word)) << word;
  }
}

TEST(Glossary, RefusesAnUnknownWordAndSuggestsTheNearest) {
  const auto found = explain("chekpoint");
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, ErrorCode::not_found);
  EXPECT_THAT(found.error().message, testing::HasSubstr("Checkpoint"));
  EXPECT_FALSE(explain(""));
}

}  // namespace
}  // namespace pxf
