#include "tensor/tensor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "base/error.h"
#include "ops/elementwise.h"
#include "support.h"

namespace pxf {
namespace {

using test::Computer;

TEST(Shape, RefusesWhatCannotBeCounted) {
  const std::int64_t huge = std::int64_t{1} << 40;
  EXPECT_THROW(Shape({huge, huge}), Failure);
  EXPECT_THROW(Shape({-1}), Failure);
  EXPECT_THROW(Shape({1, 1, 1, 1, 1, 1, 1, 1, 1}), Failure);
  EXPECT_EQ(Shape({}).numel(), 1);
  EXPECT_EQ(Shape({3, 0, 5}).numel(), 0);
  EXPECT_THROW(Shape({2}).dim(1), Failure);
}

TEST(BufferPool, GivesTheSameBlockAgain) {
  BufferPool pool;
  const std::byte* first = pool.take(100000)->data();
  EXPECT_EQ(pool.in_use(), 0u);
  EXPECT_EQ(pool.take(100000)->data(), first);
  pool.trim();
  EXPECT_EQ(pool.held(), 0u);
}

TEST(BufferPool, GivesBackWhatWaitsBeforeItTakesMoreThanItsLimit) {
  BufferPool pool;
  pool.keep_within(300000);
  static_cast<void>(pool.take(100000)), static_cast<void>(pool.take(150000));  // both wait now
  const auto held = pool.take(170000);
  EXPECT_LE(pool.held(), 300000u);
  EXPECT_GT(pool.held(), pool.in_use()) << "a block that does no harm still waits";
}

TEST(BufferPool, ABlockMayOutliveItsPool) {
  std::shared_ptr<Buffer> block;
  {
    BufferPool pool;
    block = pool.take(1000);
  }
  block->data()[999] = std::byte{1};
}

TEST(BufferPool, SaysWhenMemoryRunsOut) {
  BufferPool pool;
  try {
    pool.take(std::numeric_limits<std::size_t>::max() / 2);
    FAIL() << "got a block";
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.error().code, ErrorCode::out_of_memory);
  }
  EXPECT_EQ(pool.in_use(), 0u);
}

TEST(Tensor, AnOpWritesIntoATemporaryButNeverIntoWhatSomebodyHolds) {
  Computer on;
  Tensor x = on.ctx.full({4}, 2);
  const Tensor held = x;
  const Tensor doubled = x * 2.0;
  EXPECT_THAT(held.span<float>(), testing::Each(2));
  EXPECT_THAT(doubled.span<float>(), testing::Each(4));
  const float* memory = doubled.f32();
  EXPECT_EQ((on.ctx.full({4}, 1) + on.ctx.full({4}, 1)).f32() == memory, false);
}

TEST(Tensor, RefusesTheWrongElementTypeAndShapesOfAnotherSize) {
  Computer on;
  Tensor x = on.ctx.empty({2, 3});
  EXPECT_THROW(x.span<double>(), Failure);
  EXPECT_THROW(x.reshape({7}), Failure);
  EXPECT_THROW(x.rows(1, 3), Failure);
  EXPECT_THROW(Tensor().context(), Failure);
}

}  // namespace
}  // namespace pxf
