// The nearest matrix of low rank, as two factors: a truncated singular value decomposition (Eckart and Young 1936).
// The same numbers for any number of threads.
#pragma once

#include <cstdint>

#include "base/thread_pool.h"
#include "weights/adapters/matrix.h"

namespace pxf {

struct RankChoice {
  std::int64_t most = 0;  // at least 1
  double energy = 1;      // the smallest rank that keeps this share of the squared singular values; 1: `most`
};

struct LowRank {
  Matrix up, down;               // (rows, r) and (r, columns); each has the root of every singular value
  std::vector<double> singular;  // r of them, the largest first
  double kept = 1;               // share of the squared singular values

  std::int64_t rank() const { return up.columns; }
};

/// `a` must not be all zeros. Singular values below 1e-6 of the largest count as none. Small matrices, and ranks above
/// a third of the possible, are exact; others are found by subspace iteration from a random start (Halko, Martinsson
/// and Tropp 2011, "Finding Structure with Randomness", algorithm 4.4), which takes a fraction of the time: the
/// distance to `a` is within a thousandth of the least possible where singular values fall, as those of trained changes
/// do, and within a hundredth where they are all alike. `pool` may be null.
LowRank low_rank(const Matrix& a, RankChoice choice, ThreadPool* pool);

}  // namespace pxf
