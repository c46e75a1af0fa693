// Block types beyond the golden files, and reading parts of them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <numeric>
#include <vector>

#include "base/error.h"
#include "tensor/dequantise.h"
#include "tensor/widen.h"

namespace pxf {
namespace {

using testing::ElementsAre;
using testing::ElementsAreArray;
using testing::HasSubstr;

constexpr std::uint8_t kOne[] = {0x00, 0x3c}, kTwo[] = {0x00, 0x40};  // f16

std::vector<float> widened(const std::vector<std::uint8_t>& bytes, DType dtype, std::int64_t begin, std::size_t count) {
  std::vector<float> out(count);
  widen_to_f32(std::as_bytes(std::span(bytes)), dtype, begin, out);
  return out;
}

std::string refusal(auto call) {
  const auto result = catch_errors([&] { return call(), true; });
  return result.ok() ? "it passed" : result.error().message;
}

TEST(BlockTypes, SizesAreThoseOfWholeBlocks) {
  EXPECT_EQ(bytes_of(DType::q4_0, 64), 36u);
  EXPECT_EQ(bytes_of(DType::q6_k, 512), 420u);
  EXPECT_EQ(bytes_of(DType::f16, 3), 6u);
  EXPECT_EQ(bytes_of(DType::q4_0, 0), 0u);
  EXPECT_EQ(bytes_of(DType::q4_0, 33), std::nullopt);
  EXPECT_EQ(bytes_of(DType::f64, std::int64_t{1} << 62), std::nullopt);
  EXPECT_EQ(bytes_of(DType::f64, -1), std::nullopt);
  EXPECT_THAT(refusal([] { size_of(DType::q4_0); }), HasSubstr("q4_0 has no size of its own"));
}

TEST(BlockTypes, Q1_0HasOneBitAnElement) {
  std::vector<std::uint8_t> block(18);
  block[0] = kTwo[0], block[1] = kTwo[1];
  block[2] = 0b00000101, block[17] = 0x80;
  const auto values = widened(block, DType::q1_0, 0, 128);
  EXPECT_THAT(std::vector(values.begin(), values.begin() + 4), ElementsAre(2, -2, 2, -2));
  EXPECT_EQ(values[126], -2);
  EXPECT_EQ(values[127], 2);
}

TEST(BlockTypes, Q8_KHasAnF32Scale) {
  std::vector<std::uint8_t> block(292);
  block[2] = 0x80, block[3] = 0x3f;  // 1.0f
  block[4] = 0xff, block[259] = 0x7f;
  const auto values = widened(block, DType::q8_k, 0, 256);
  EXPECT_EQ(values[0], -1);
  EXPECT_EQ(values[255], 127);
}

// By gguf-py 0.19: gguf.quants.dequantize of these bytes.
TEST(BlockTypes, Nvfp4HasAScaleForEach16Elements) {
  std::vector<std::uint8_t> block = {0x38, 0x41, 0x7f, 0x03};
  for (int i = 0; i < 32; ++i) block.push_back(static_cast<std::uint8_t>(i * 7 + 3));
  const std::vector<float> first = {1.5f, -1.0f, 0.5f, 0.0f, -6.0f, 4.0f, -3.0f, 2.0f,
                                    0.0f, 0.0f,  0.5f, 0.5f, 0.5f,  1.0f, 1.0f,  1.5f};
  const std::vector<float> second = {-3.375f, 2.25f, -1.125f, 0.0f,  13.5f, -9.0f, 6.75f, -4.5f,
                                     3.375f,  4.5f,  4.5f,    6.75f, 6.75f, 6.75f, 9.0f,  9.0f};
  const std::vector<float> last = {-0.0087890625f, 0.005859375f,   -0.0029296875f, 0.0f,
                                   0.03515625f,    -0.0234375f,    0.017578125f,   -0.01171875f,
                                   -0.005859375f,  -0.0087890625f, -0.0087890625f, -0.01171875f,
                                   -0.01171875f,   -0.01171875f,   -0.017578125f,  -0.017578125f};
  EXPECT_THAT(widened(block, DType::nvfp4, 0, 16), ElementsAreArray(first));
  EXPECT_THAT(widened(block, DType::nvfp4, 16, 16), ElementsAreArray(second));
  EXPECT_THAT(widened(block, DType::nvfp4, 32, 16), ElementsAreArray(std::vector<float>(16, 0.0f)));
  EXPECT_THAT(widened(block, DType::nvfp4, 48, 16), ElementsAreArray(last));
}

TEST(BlockTypes, AnyPartReadsAsInTheWhole) {
  std::vector<std::uint8_t> blocks;
  for (int block = 0; block < 4; ++block) {
    blocks.insert(blocks.end(), {kOne[0], kOne[1]});
    for (int i = 0; i < 32; ++i) blocks.push_back(static_cast<std::uint8_t>(32 * block + i));
  }
  std::vector<float> all(128);
  std::iota(all.begin(), all.end(), 0.0f);
  for (std::size_t begin = 0; begin < 128; ++begin) {
    for (const std::size_t count : {0, 1, 31, 32, 33, 64, 70}) {
      if (begin + count > 128) continue;
      const std::vector<float> want(all.begin() + static_cast<int>(begin),
                                    all.begin() + static_cast<int>(begin + count));
      EXPECT_EQ(widened(blocks, DType::q8_0, static_cast<std::int64_t>(begin), count), want) << begin << " " << count;
    }
  }
}

TEST(BlockTypes, MoreThanThereIsIsRefused) {
  const std::vector<std::uint8_t> block(34);
  EXPECT_EQ(refusal([&] { widened(block, DType::q8_0, 0, 32); }), "it passed");
  EXPECT_THAT(refusal([&] { widened(block, DType::q8_0, 1, 32); }), HasSubstr("got 34 bytes, which hold 32"));
  EXPECT_THAT(refusal([&] { widened(block, DType::q8_0, -1, 1); }), HasSubstr("got 34 bytes"));
  EXPECT_THAT(refusal([&] { widened(block, DType::f32, 8, 1); }), HasSubstr("got 34 bytes, which hold 8"));
  std::vector<float> out(33);
  const Bytes bytes = std::as_bytes(std::span(block));
  EXPECT_THAT(refusal([&] { dequantise(bytes, DType::q8_0, out); }), HasSubstr("need whole blocks of 32 in 34"));
  EXPECT_THAT(refusal([&] { dequantise(bytes, DType::f32, out); }), HasSubstr("f32 has no blocks"));
}

}  // namespace
}  // namespace pxf
