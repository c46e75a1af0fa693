#include "weights/adapters/matrix.h"

#include <algorithm>
#include <new>

#include "base/error.h"
#include "weights/adapters/product_kernels.h"

namespace pxf {
namespace {

constexpr std::int64_t kShare = 1 << 16;  // elements of a share of rows: below, a thread's start costs as much
constexpr std::int64_t kDepth = 256;      // rows of a right factor's strip at once: 16 KiB of 16 columns
constexpr std::size_t kAlignment = 64;    // a vector of any instruction set, and a line of the cache

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

RightFactor::RightFactor(const Matrix& b) : rows_(b.rows), columns_(b.columns) {
  const std::int64_t width = product_kernels().width, strips = (columns_ + width - 1) / width;
  const auto bytes = static_cast<std::size_t>(strips * rows_ * width) * sizeof(float);
  strips_.reset(static_cast<float*>(std::aligned_alloc(kAlignment, (bytes / kAlignment + 1) * kAlignment)));
  if (!strips_) throw std::bad_alloc();
  float* to = strips_.get();
  for (std::int64_t begin = 0; begin < columns_; begin += width) {
    const std::int64_t used = std::min(width, columns_ - begin);
    for (std::int64_t i = 0; i < rows_; ++i, to += width) {
      std::fill_n(std::copy_n(b.row(i) + begin, used, to), width - used, 0.0f);
    }
  }
}

void RightFactor::add_product(float scale, const Matrix& a, std::int64_t first, std::int64_t count, float* out) const {
  const ProductKernels& kernels = product_kernels();
  const std::int64_t width = kernels.width;
  for (std::int64_t begin = 0; begin < columns_; begin += width) {
    for (std::int64_t k = 0; k < rows_; k += kDepth) {
      kernels.add({.a = a.row(first) + k,
                   .a_stride = a.columns,
                   .b = strips_.get() + begin * rows_ + k * width,
                   .depth = std::min(kDepth, rows_ - k),
                   .scale = scale,
                   .c = out + begin,
                   .c_stride = columns_,
                   .rows = count,
                   .columns = std::min(width, columns_ - begin)});
    }
  }
}

Matrix product(const Matrix& a, const Matrix& b) {
  require(a.columns == b.rows, "[adapter] product: ({}, {}) times ({}, {})", a.rows, a.columns, b.rows, b.columns);
  Matrix out = zeros(a.rows, b.columns);
  RightFactor(b).add_product(1, a, 0, a.rows, out.values.data());
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
