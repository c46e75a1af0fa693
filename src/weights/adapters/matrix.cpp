#include "weights/adapters/matrix.h"

#include <algorithm>

#include "base/error.h"

namespace pxf {
namespace {

constexpr std::int64_t kShare = 1 << 16;  // elements of a share of rows: below, a thread's start costs as much
// Columns at once: a strip of b at rank 16 is 16 KiB and stays in the first cache while all rows use it.
constexpr std::int64_t kStrip = 256;

// Four rows of b for each pass over the sums: they are loaded and stored a quarter as often.
void add_strip(const float* a, const Matrix& b, float scale, std::int64_t begin, std::int64_t count, float* out) {
  std::int64_t p = 0;
  for (; p + 4 <= b.rows; p += 4) {
    const float a0 = a[p] * scale, a1 = a[p + 1] * scale, a2 = a[p + 2] * scale, a3 = a[p + 3] * scale;
    const float *b0 = b.row(p) + begin, *b1 = b.row(p + 1) + begin, *b2 = b.row(p + 2) + begin,
                *b3 = b.row(p + 3) + begin;
    for (std::int64_t j = 0; j < count; ++j) out[j] += (a0 * b0[j] + a1 * b1[j]) + (a2 * b2[j] + a3 * b3[j]);
  }
  for (; p < b.rows; ++p) {
    const float a0 = a[p] * scale;
    const float* b0 = b.row(p) + begin;
    for (std::int64_t j = 0; j < count; ++j) out[j] += a0 * b0[j];
  }
}

}  // namespace

Matrix zeros(std::int64_t rows, std::int64_t columns) {
  return {rows, columns, std::vector<float>(static_cast<std::size_t>(rows * columns))};
}

Matrix read_matrix(const Weight& weight, std::int64_t rows, std::int64_t columns) {
  require(weight.shape().numel() == rows * columns, "[adapter] {}: got {}, need ({}, {})", weight.name(),
          weight.shape().text(), rows, columns);
  Matrix out = zeros(rows, columns);
  weight.read_f32(0, out.values);
  return out;
}

Matrix read_matrix(const Weight& weight) {
  const std::int64_t rows = weight.shape().rank() == 0 ? 1 : weight.shape().dim(0);
  return read_matrix(weight, rows, rows == 0 ? 0 : weight.shape().numel() / rows);
}

Matrix transposed(const Matrix& a) {
  Matrix out = zeros(a.columns, a.rows);
  for (std::int64_t i = 0; i < a.rows; ++i) {
    for (std::int64_t j = 0; j < a.columns; ++j) out.row(j)[i] = a.row(i)[j];
  }
  return out;
}

void add_row_product(float scale, const float* a_row, const Matrix& b, float* out) {
  for (std::int64_t begin = 0; begin < b.columns; begin += kStrip) {
    add_strip(a_row, b, scale, begin, std::min(kStrip, b.columns - begin), out + begin);
  }
}

void add_product(float scale, const Matrix& a, std::int64_t first, std::int64_t count, const Matrix& b, float* out) {
  for (std::int64_t begin = 0; begin < b.columns; begin += kStrip) {
    const std::int64_t width = std::min(kStrip, b.columns - begin);
    for (std::int64_t i = 0; i < count; ++i) {
      add_strip(a.row(first + i), b, scale, begin, width, out + i * b.columns + begin);
    }
  }
}

Matrix product(const Matrix& a, const Matrix& b) {
  require(a.columns == b.rows, "[adapter] product: ({}, {}) times ({}, {})", a.rows, a.columns, b.rows, b.columns);
  Matrix out = zeros(a.rows, b.columns);
  add_product(1, a, 0, a.rows, b, out.values.data());
  return out;
}

Matrix expanded(const Weight& t, const Matrix& b, std::int64_t taps) {
  const Matrix core = read_matrix(t);  // (r, q * taps)
  require(core.columns == b.rows * taps, "[adapter] {}: got {}, need (r, {}, {} taps)", t.name(), t.shape().text(),
          b.rows, taps);
  Matrix out = zeros(core.rows, b.columns * taps);
  for (std::int64_t i = 0; i < core.rows; ++i) {
    for (std::int64_t j = 0; j < b.rows; ++j) {
      const float* taps_of = core.row(i) + j * taps;
      for (std::int64_t c = 0; c < b.columns; ++c) {
        const float factor = b.row(j)[c];
        for (std::int64_t k = 0; k < taps; ++k) out.row(i)[c * taps + k] += taps_of[k] * factor;
      }
    }
  }
  return out;
}

void for_rows(ThreadPool* pool, std::int64_t rows, std::int64_t columns,
              const std::function<void(std::int64_t, std::int64_t)>& task) {
  const std::int64_t share = std::max<std::int64_t>(1, kShare / std::max<std::int64_t>(1, columns));
  if (pool == nullptr || rows <= share) return task(0, rows);
  pool->parallel_for((rows + share - 1) / share,
                     [&](std::int64_t i) { task(i * share, std::min(rows, (i + 1) * share)); });
}

}  // namespace pxf
