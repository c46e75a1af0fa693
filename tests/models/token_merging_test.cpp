// What the goldens do not show of merged places: maps of odd sides and of one place, and pictures that give no angle.
#include "models/unet/token_merging.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "support.h"

namespace pxf::unet {
namespace {

using test::Computer;

/// (1, places, 2): directions by their angles, in degrees.
Tensor by_angles(Computer& on, const std::vector<double>& angles) {
  std::vector<float> values;
  for (const double angle : angles) {
    values.push_back(static_cast<float>(std::cos(angle * M_PI / 180)));
    values.push_back(static_cast<float>(std::sin(angle * M_PI / 180)));
  }
  return on.ctx.from(values, {1, std::ssize(angles), 2});
}

/// What is left of the numbers of places, 0 to places, after they were merged and taken apart again.
std::vector<float> numbers_through(Computer& on, const MergedPlaces& merged, std::int64_t places) {
  std::vector<float> numbers;
  for (std::int64_t i = 0; i < places; ++i) numbers.push_back(static_cast<float>(i));
  const Tensor out = merged.unmerge(merged.merge(on.ctx.from(numbers, {1, places, 1})));
  return {out.span<float>().begin(), out.span<float>().end()};
}

TEST(TokenMerging, TakesTheMostSimilarPlacesForOne) {
  Computer on;
  // Of 4 x 2 places, 0 and 2 stay; 5 is nearest to 0, then 3 to 2.
  const Tensor x = by_angles(on, {0, 20, 90, 92, 40, 1, 60, 140});
  EXPECT_EQ(numbers_through(on, MergedPlaces(x, {2, 4}, 0.25), 8),
            (std::vector<float>{2.5, 1, 2.5, 2.5, 4, 2.5, 6, 7}));
}

TEST(TokenMerging, LeavesTheLastRowAndColumnOfOddSidesToBeMerged) {
  Computer on;
  const Tensor x = by_angles(on, {0, 50, 70, 80, 60, 90, 75, 85, 1});
  EXPECT_EQ(numbers_through(on, MergedPlaces(x, {3, 3}, 0.12), 9), (std::vector<float>{4, 1, 2, 3, 4, 5, 6, 7, 4}));
}

TEST(TokenMerging, DoesNothingToARowOfPlaces) {
  Computer on;
  const Tensor x = by_angles(on, {0, 0, 0});
  EXPECT_EQ(numbers_through(on, MergedPlaces(x, {1, 3}, 0.75), 3), (std::vector<float>{0, 1, 2}));
}

TEST(TokenMerging, TakesPlacesWithoutADirectionAndThoseThatAreNoNumbers) {
  Computer on;
  const Tensor x =
      on.ctx.from(std::vector<float>{0, 0, std::numeric_limits<float>::quiet_NaN(), 1, 1, 1, 0, 0}, {1, 4, 2});
  const std::vector<float> out = numbers_through(on, MergedPlaces(x, {2, 2}, 0.75), 4);
  EXPECT_EQ(out, std::vector<float>(4, 1.5));
}

}  // namespace
}  // namespace pxf::unet
