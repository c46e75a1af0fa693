// LyCORIS's OFT and BOFT: W1 = rescale R W, R turning the rows of W block by block; BOFT does so several times, each
// time with other rows together.
#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "weights/adapters/kind.h"
#include "weights/adapters/matrix.h"
#include "weights/adapters/rotation.h"

namespace pxf {
namespace {

using Rows = std::vector<std::int64_t>;

// Block k turns rows rows[k * size] ... : new row i of a block is sum_j r[i, j] old row j.
void turn(const Merge& merge, const double* r, std::int64_t size, const Rows& rows, std::span<float> w) {
  const std::int64_t columns = merge.shape.columns();
  const std::int64_t blocks = static_cast<std::int64_t>(rows.size()) / size;
  for_rows(merge.pool, blocks, size * size * columns, [&](std::int64_t begin, std::int64_t end) {
    Matrix before = zeros(size, columns);
    Matrix turning = zeros(size, size);
    for (std::int64_t k = begin; k < end; ++k) {
      const auto row = [&](std::int64_t j) {
        return w.data() + rows[static_cast<std::size_t>(k * size + j)] * columns;
      };
      for (std::int64_t j = 0; j < size; ++j) std::copy_n(row(j), columns, before.row(j));
      std::transform(r + k * size * size, r + (k + 1) * size * size, turning.values.begin(),
                     [](double value) { return static_cast<float>(value); });
      const Matrix after = product(turning, before);
      for (std::int64_t i = 0; i < size; ++i) std::copy_n(after.row(i), columns, row(i));
    }
  });
}

void transpose_each(Blocks& blocks) {
  for (std::int64_t k = 0; k < blocks.count; ++k) {
    double* b = blocks.block(k);
    for (std::int64_t i = 0; i < blocks.size; ++i) {
      for (std::int64_t j = i + 1; j < blocks.size; ++j) std::swap(b[i * blocks.size + j], b[j * blocks.size + i]);
    }
  }
}

Blocks rotations(const Merge& merge) {
  const Weight& factor = merge.module.factor("oft_blocks");
  const std::int64_t size = factor.shape().dim(-1);
  const Matrix read = read_matrix(factor);
  Blocks q = skew(read.values, factor.shape().numel() / size / size, size, 1);
  if (merge.module.constraint > 0) limit_norm(q, merge.module.constraint * static_cast<double>(merge.shape.out));
  return cayley(q);
}

void blend(const Merge& merge, std::span<const float> turned) {
  std::vector<float> rescale(static_cast<std::size_t>(merge.shape.out), 1.0f);
  if (merge.module.has("rescale")) merge.module.factor("rescale").read_f32(0, rescale);
  const auto strength = static_cast<float>(merge.strength);
  const std::int64_t columns = merge.shape.columns();
  for (std::int64_t i = 0; i < merge.shape.out; ++i) {
    const float factor = rescale[static_cast<std::size_t>(i)];
    for (std::int64_t j = 0; j < columns; ++j) {
      merge.row(i)[j] += strength * (turned[static_cast<std::size_t>(i * columns + j)] * factor - merge.row(i)[j]);
    }
  }
}

void apply_oft(const Merge& merge) {
  Blocks r = rotations(merge);
  transpose_each(r);  // LyCORIS multiplies by the transposed blocks here, not in BOFT
  Rows rows(static_cast<std::size_t>(merge.shape.out));
  std::iota(rows.begin(), rows.end(), 0);
  std::vector<float> w(merge.weight.begin(), merge.weight.end());
  turn(merge, r.values.data(), r.size, rows, w);
  blend(merge, w);
}

// Which rows are together at a stage: those whose numbers differ by 2^stage half blocks.
Rows butterfly(std::int64_t count, std::int64_t size, std::int64_t stage) {
  const std::int64_t step = (size / 2) << stage;
  Rows rows;
  for (std::int64_t first = 0; first < count; first += 2 * step) {
    for (std::int64_t k = 0; k < step; ++k) {
      rows.push_back(first + k);
      rows.push_back(first + step + k);
    }
  }
  return rows;
}

void apply_boft(const Merge& merge) {
  const Blocks r = rotations(merge);
  const std::int64_t stages = merge.module.factor("oft_blocks").shape().dim(0), each = r.count / stages;
  std::vector<float> w(merge.weight.begin(), merge.weight.end());
  for (std::int64_t stage = 0; stage < stages; ++stage) {
    turn(merge, r.block(stage * each), r.size, butterfly(merge.shape.out, r.size, stage), w);
  }
  blend(merge, w);
}

// The last three extents are blocks of squares that fill the outputs.
bool fits(const Shape& s, std::int64_t out) {
  return s.dim(-1) > 0 && s.dim(-1) == s.dim(-2) && s.dim(-3) * s.dim(-1) == out;
}

std::string misfit(const AdapterModule& m, const WeightShape& w) {
  const Shape& s = m.factor("oft_blocks").shape();
  bool fit = (s.rank() == 3 || s.rank() == 4) && fits(s, w.out);
  if (fit && s.rank() == 4) {
    const std::int64_t stages = s.dim(0);
    fit = s.dim(-1) % 2 == 0 && stages >= 1 && stages <= 30 && w.out % ((s.dim(-1) / 2) << stages) == 0;
  }
  if (!fit) return fmt::format("oft_blocks: got {}, need square blocks that fill {} outputs", s.text(), w.out);
  return m.has("rescale") && m.factor("rescale").shape().numel() != w.out
             ? fmt::format("rescale: got {}, need {} elements", m.factor("rescale").shape().text(), w.out)
             : std::string();
}

}  // namespace

AdapterKind oft_kind() {
  return {.title = "OFT", .marks = {"oft_blocks"}, .misfit = misfit, .apply = [](const Merge& merge) {
            merge.module.factor("oft_blocks").shape().rank() == 4 ? apply_boft(merge) : apply_oft(merge);
          }};
}

}  // namespace pxf
