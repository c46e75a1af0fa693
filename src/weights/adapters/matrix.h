// Small dense matrices, as adapters multiply them: thin ones of a rank's width into whole weights.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "base/thread_pool.h"
#include "ops/weight.h"

namespace pxf {

struct Matrix {
  std::int64_t rows = 0, columns = 0;
  std::vector<float> values;  // row-major

  const float* row(std::int64_t i) const { return values.data() + i * columns; }
  float* row(std::int64_t i) { return values.data() + i * columns; }
};

/// The tensor's elements with its outermost extent as rows. Throws Failure when there are not rows x columns of them.
Matrix read_matrix(const Weight& weight, std::int64_t rows, std::int64_t columns);
/// All extents but the outermost as columns.
Matrix read_matrix(const Weight& weight);

Matrix zeros(std::int64_t rows, std::int64_t columns);
Matrix transposed(const Matrix& a);
Matrix product(const Matrix& a, const Matrix& b);

/// The right factor of products, arranged once for as many of them as follow. Thread-safe.
class RightFactor {
 public:
  explicit RightFactor(const Matrix& b);

  /// `count` rows of a from `first` times b, times `scale`, added to those that begin at `out`. What a row becomes does
  /// not depend on which others are computed with it.
  void add_product(float scale, const Matrix& a, std::int64_t first, std::int64_t count, float* out) const;

 private:
  struct Free {
    void operator()(float* values) const { std::free(values); }
  };
  std::int64_t rows_, columns_;
  std::unique_ptr<float, Free> strips_;  // of the kernel's width, one after another, the last one filled up with zeros
};

/// Tucker's form: t (r, q, taps), b (q, in) -> (r, in * taps): out[i, c, k] = sum_j t[i, j, k] b[j, c].
Matrix expanded(const Weight& t, const Matrix& b, std::int64_t taps);

/// task(begin, end) on shares of the rows; on this thread when `pool` is null or the work is small.
void for_rows(ThreadPool* pool, std::int64_t rows, std::int64_t columns,
              const std::function<void(std::int64_t, std::int64_t)>& task);

}  // namespace pxf
