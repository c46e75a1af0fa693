// Block weights of LoRAs, as sd-webui-lora-block-weight counts them.
#include "weights/adapters/block_weights.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace pxf {
namespace {

TEST(BlockWeights, SeventeenNumbersAreTheBlocksWithAttentionOfSd1) {
  const BlockWeights w = read_block_weights("0.5,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16");
  EXPECT_EQ(w.base, 0.5);
  EXPECT_EQ(w.of("input_blocks.1.1.proj_in.weight"), 1);
  EXPECT_EQ(w.of("input_blocks.4.1.proj_in.weight"), 3);
  EXPECT_EQ(w.of("input_blocks.8.1.proj_in.weight"), 6);
  EXPECT_EQ(w.of("middle_block.1.proj_in.weight"), 7);
  EXPECT_EQ(w.of("output_blocks.3.1.proj_in.weight"), 8);
  EXPECT_EQ(w.of("output_blocks.11.1.proj_in.weight"), 16);
  EXPECT_EQ(w.of("input_blocks.3.0.op.weight"), 0);  // not named by seventeen
  EXPECT_EQ(w.of("time_embed.0.weight"), 0.5);
}

TEST(BlockWeights, OtherListsNameOtherBlocks) {
  const BlockWeights sdxl = read_block_weights("1,1,2,3,4,5,6,7,8,9,10,11");
  EXPECT_EQ(sdxl.of("input_blocks.7.1.weight"), 3);
  EXPECT_EQ(sdxl.of("middle_block.1.weight"), 5);
  EXPECT_EQ(sdxl.of("output_blocks.0.1.weight"), 6);
  EXPECT_EQ(sdxl.of("output_blocks.5.1.weight"), 11);
  const BlockWeights all = read_block_weights("0,1,2,3,4,5,6,7,8,9,10,11,12, -1.5 ,1,2,3,4,5,6,7,8,9,10,11,12");
  EXPECT_EQ(all.of("input_blocks.11.0.weight"), 12);
  EXPECT_EQ(all.of("middle_block.0.weight"), -1.5);
  EXPECT_EQ(all.of("output_blocks.11.0.weight"), 12);
}

TEST(BlockWeights, NamesAreThoseOfTheExtension) {
  const BlockWeights middle = read_block_weights("MIDD");
  EXPECT_EQ(middle.of("input_blocks.4.1.weight"), 0);
  EXPECT_EQ(middle.of("input_blocks.5.1.weight"), 1);
  EXPECT_EQ(middle.of("middle_block.1.weight"), 1);
  EXPECT_EQ(middle.of("output_blocks.6.1.weight"), 1);
  EXPECT_EQ(middle.of("output_blocks.7.1.weight"), 0);
  EXPECT_EQ(middle.base, 1);
}

TEST(BlockWeights, AnythingElseIsRefused) {
  for (const char* text : {"", "1", "1,2,3", "1,2,3,4,5,6,7,8,9,10,11,x", "1,2,3,4,5,6,7,8,9,10,11,nan",
                           "1,2,3,4,5,6,7,8,9,10,11,1e9", "midd"}) {
    EXPECT_THROW(read_block_weights(text), Failure) << text;
  }
}

}  // namespace
}  // namespace pxf
