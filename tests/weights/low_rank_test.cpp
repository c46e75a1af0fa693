// Truncated decompositions of matrices whose singular values are known.
#include "weights/adapters/low_rank.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

namespace pxf {
namespace {

/// sum over k of singular[k] times the k-th direction of the rows and of the columns: of the cosine transform, which is
/// orthonormal.
Matrix with_singular_values(std::int64_t rows, std::int64_t columns, const std::vector<double>& singular) {
  const auto direction = [](std::int64_t k, std::int64_t i, std::int64_t n) {
    const double scale = std::sqrt((k == 0 ? 1.0 : 2.0) / static_cast<double>(n));
    return scale * std::cos(std::numbers::pi * static_cast<double>(k) * (static_cast<double>(i) + 0.5) /
                            static_cast<double>(n));
  };
  const auto table = [&](std::int64_t n) {
    Matrix out = zeros(n, std::ssize(singular));
    for (std::int64_t i = 0; i < n; ++i) {
      for (std::int64_t k = 0; k < out.columns; ++k) out.row(i)[k] = static_cast<float>(direction(k, i, n));
    }
    return out;
  };
  Matrix left = table(rows);
  for (std::int64_t i = 0; i < rows; ++i) {
    for (std::size_t k = 0; k < singular.size(); ++k) left.row(i)[k] *= static_cast<float>(singular[k]);
  }
  return product(left, transposed(table(columns)));
}

double distance(const Matrix& a, const LowRank& factors) {
  const Matrix b = product(factors.up, factors.down);
  double sum = 0;
  for (std::size_t i = 0; i < a.values.size(); ++i) sum += std::pow(double{a.values[i]} - double{b.values[i]}, 2);
  return std::sqrt(sum);
}

double length_beyond(const std::vector<double>& singular, std::int64_t rank) {
  double sum = 0;
  for (std::size_t k = static_cast<std::size_t>(rank); k < singular.size(); ++k) sum += singular[k] * singular[k];
  return std::sqrt(sum);
}

// As the changes of trained weights do, these fall slowly.
std::vector<double> slowly_falling(std::size_t count) {
  std::vector<double> out;
  for (std::size_t k = 0; k < count; ++k) out.push_back(1 / std::sqrt(1 + static_cast<double>(k)));
  return out;
}

TEST(LowRank, SmallMatricesAreExact) {
  const std::vector<double> singular = slowly_falling(40);
  for (const auto& [rows, columns] : {std::pair<std::int64_t, std::int64_t>{40, 90}, {90, 40}}) {
    const Matrix a = with_singular_values(rows, columns, singular);
    const LowRank factors = low_rank(a, {.most = 12}, nullptr);
    ASSERT_EQ(factors.rank(), 12);
    for (std::size_t k = 0; k < 12; ++k) EXPECT_NEAR(factors.singular[k], singular[k], 1e-6);
    EXPECT_NEAR(distance(a, factors), length_beyond(singular, 12), 1e-5);
    EXPECT_NEAR(factors.kept, 1 - std::pow(length_beyond(singular, 12) / length_beyond(singular, 0), 2), 1e-6);
  }
}

TEST(LowRank, LargeOnesComeWithinAThousandthOfTheBest) {
  const std::vector<double> singular = slowly_falling(300);
  const Matrix a = with_singular_values(300, 420, singular);
  const LowRank factors = low_rank(a, {.most = 32}, nullptr);
  ASSERT_EQ(factors.rank(), 32);
  for (std::size_t k = 0; k < 32; ++k) EXPECT_NEAR(factors.singular[k], singular[k], 5e-3 * singular[k]) << k;
  EXPECT_LT(distance(a, factors), 1.001 * length_beyond(singular, 32));
}

TEST(LowRank, TheSmallestRankThatKeepsTheShareIsTaken) {
  std::vector<double> singular(300, 0.01);
  for (std::size_t k = 0; k < 5; ++k) singular[k] = 1;
  const Matrix a = with_singular_values(300, 320, singular);  // 5 of 5.0295
  EXPECT_EQ(low_rank(a, {.most = 300, .energy = 0.99}, nullptr).rank(), 5);
  EXPECT_EQ(low_rank(a, {.most = 300, .energy = 0.75}, nullptr).rank(), 4);
  EXPECT_EQ(low_rank(a, {.most = 3, .energy = 0.99}, nullptr).rank(), 3);
  EXPECT_GT(low_rank(a, {.most = 300, .energy = 0.998}, nullptr).rank(), 190);
}

TEST(LowRank, AMatrixOfLowRankGetsNoMore) {
  const Matrix a = with_singular_values(280, 300, {3, 2, 1});
  const LowRank factors = low_rank(a, {.most = 64}, nullptr);
  EXPECT_EQ(factors.rank(), 3);
  EXPECT_LT(distance(a, factors), 1e-4);
}

TEST(LowRank, AnyNumberOfThreadsGivesTheSameFactors) {
  const Matrix a = with_singular_values(300, 300, slowly_falling(300));
  ThreadPool pool(3);
  for (const std::int64_t rank : {16, 280}) {
    const LowRank alone = low_rank(a, {.most = rank}, nullptr), together = low_rank(a, {.most = rank}, &pool);
    EXPECT_EQ(alone.up.values, together.up.values);
    EXPECT_EQ(alone.down.values, together.down.values);
  }
}

}  // namespace
}  // namespace pxf
