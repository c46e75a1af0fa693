// What docs/choosing.md promises, on the half of the labelled prompts that no lexicon was tuned on.
#include <gtest/gtest.h>

#include "choosing/labelled_set.h"

namespace pxf::test {
namespace {

TEST(Evaluation, PicksWhatAPersonWouldOnPromptsItWasNotTunedOn) {
  const std::filesystem::path folder = std::filesystem::path(PIXELFORGE_SOURCE_DIR) / "bench/choose";
  const LabelledModels models = labelled_models(folder);
  Hits hits;
  for (const LabelledPrompt& row : labelled_prompts(folder)) {
    if (row.part == "test") hits.add(row.right, names_of(models.checkpoints, rated(models.checkpoints, row)));
  }
  EXPECT_GE(hits.of, 400);
  EXPECT_GE(hits.top1_percent(), 85);
  EXPECT_GE(hits.top2_percent(), 95);
}

}  // namespace
}  // namespace pxf::test
