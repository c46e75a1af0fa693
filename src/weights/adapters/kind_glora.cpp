// GLoRA: W1 - W = scale (W a1 a2 + b1 b2), the inputs of W being mixed by a1 a2. Chavan et al. 2023, "One-for-All:
// Generalized LoRA for Parameter-Efficient Fine-tuning".
#include <algorithm>

#include "weights/adapters/kind.h"
#include "weights/adapters/matrix.h"

namespace pxf {
namespace {

std::int64_t rank(const AdapterModule& m) { return read_extent(m.factor("a2"), 0); }

std::string misfit(const AdapterModule& m, const WeightShape& w) {
  const std::int64_t r = rank(m), of_b = read_extent(m.factor("b2"), 0);
  return first_misfit({misfit_of(m, "a1", w.in, r), misfit_of(m, "a2", r, w.in),
                       misfit_of(m, "b2", of_b, m.has("bm") ? w.in : w.columns()),
                       misfit_of(m, "bm", of_b, of_b * w.taps), misfit_of(m, "b1", w.out, of_b)});
}

// out[c, k] += scale sum_j (sum_i row[i, k] a1[i, j]) a2[j, c], for each tap k.
void add_mixed(float scale, const float* row, const Matrix& a1, const Matrix& a2, std::int64_t taps, Matrix& between,
               float* out) {
  std::ranges::fill(between.values, 0.0f);  // (r, taps)
  for (std::int64_t i = 0; i < a1.rows; ++i) {
    for (std::int64_t j = 0; j < a1.columns; ++j) {
      for (std::int64_t k = 0; k < taps; ++k) between.row(j)[k] += a1.row(i)[j] * row[i * taps + k];
    }
  }
  for (std::int64_t j = 0; j < a2.rows; ++j) {
    for (std::int64_t c = 0; c < a2.columns; ++c) {
      for (std::int64_t k = 0; k < taps; ++k) out[c * taps + k] += scale * a2.row(j)[c] * between.row(j)[k];
    }
  }
}

RowChange by_rows(const AdapterModule& m, const WeightShape& w, double strength) {
  struct Factors {
    Matrix a1, a2, b1;
    RightFactor b2;
  };
  Matrix b2 = read_matrix(m.factor("b2"));
  if (m.has("bm")) b2 = expanded(m.factor("bm"), b2, w.taps);
  return [f = std::make_shared<const Factors>(Factors{read_matrix(m.factor("a1")), read_matrix(m.factor("a2")),
                                                      read_matrix(m.factor("b1")), RightFactor(b2)}),
          scale = static_cast<float>(strength * m.scale), taps = w.taps,
          columns = w.columns()](std::int64_t first, std::int64_t count, float* rows) {
    Matrix between = zeros(f->a2.rows, taps), change = zeros(count, columns);
    for (std::int64_t i = 0; i < count; ++i) {
      add_mixed(scale, rows + i * columns, f->a1, f->a2, taps, between, change.row(i));
    }
    f->b2.add_product(scale, f->b1, first, count, change.row(0));
    for (std::size_t i = 0; i < change.values.size(); ++i) rows[i] += change.values[i];
  };
}

}  // namespace

AdapterKind glora_kind() {
  return {.title = "GLoRA",
          .marks = {"a1", "a2", "b1", "b2"},
          .missing =
              [](const AdapterModule& m) {
                return missing_of(m, {"a1", "a2", "b1", "b2"});
              },
          .rank = rank,
          .misfit = misfit,
          .by_rows = by_rows};
}

}  // namespace pxf
