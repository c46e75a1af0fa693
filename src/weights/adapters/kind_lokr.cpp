// LoKr: W1 - W = scale kron(w1, w2), Kronecker's product; either side may be factored, w2 also in Tucker's form.
// Yeh et al. 2024, "Navigating Text-To-Image Customization: From LyCORIS Fine-Tuning to Model Evaluation".
#include <fmt/format.h>

#include "weights/adapters/kind.h"
#include "weights/adapters/matrix.h"

namespace pxf {
namespace {

// Of the factored side; LyCORIS ignores alpha when both are whole, PEFT does not.
std::int64_t rank(const AdapterModule& m) {
  for (const char* b : {"lokr_w2_b", "lokr_w1_b"}) {
    if (m.has(b)) return read_extent(m.factor(b), 0);
  }
  return 0;
}

std::string missing(const AdapterModule& m) {
  const auto side = [&](const char* whole, const char* a, const char* b) {
    return m.has(whole) ? std::string() : missing_of(m, {a, b});
  };
  return first_misfit({side("lokr_w1", "lokr_w1_a", "lokr_w1_b"), side("lokr_w2", "lokr_w2_a", "lokr_w2_b")});
}

struct Extents {
  std::int64_t out = 0, columns = 0;
};

// Of w1, or of w2 as (rows, d * taps).
Extents extents(const AdapterModule& m, const char* whole, const char* a, const char* b, std::int64_t taps) {
  const auto columns = [](const Weight& w) { return w.shape().numel() / std::max<std::int64_t>(1, read_extent(w, 0)); };
  if (m.has(whole)) return {read_extent(m.factor(whole), 0), columns(m.factor(whole))};
  const bool tucker = std::string_view(whole) == "lokr_w2" && m.has("lokr_t2");
  if (tucker) return {columns(m.factor(a)), columns(m.factor(b)) * taps};
  return {read_extent(m.factor(a), 0), columns(m.factor(b))};
}

std::string misfit(const AdapterModule& m, const WeightShape& w) {
  const Extents one = extents(m, "lokr_w1", "lokr_w1_a", "lokr_w1_b", 1);
  const Extents two = extents(m, "lokr_w2", "lokr_w2_a", "lokr_w2_b", w.taps);
  const std::int64_t r1 = read_extent(m.factor("lokr_w1_b"), 0), r2 = read_extent(m.factor("lokr_w2_b"), 0);
  const std::string pairs = first_misfit({m.has("lokr_w1") ? "" : misfit_of(m, "lokr_w1_a", one.out, r1),
                                          m.has("lokr_w2")   ? ""
                                          : m.has("lokr_t2") ? misfit_of(m, "lokr_t2", r2, r2 * w.taps)
                                                             : misfit_of(m, "lokr_w2_a", two.out, r2)});
  if (!pairs.empty()) return pairs;
  if (one.out * two.out == w.out && one.columns * two.columns == w.columns()) return {};
  return fmt::format("lokr: got ({}, {}) x ({}, {}), need a product of ({}, {})", one.out, one.columns, two.out,
                     two.columns, w.out, w.columns());
}

Matrix side(const AdapterModule& m, const char* whole, const char* a, const char* b, std::int64_t taps) {
  if (m.has(whole)) return read_matrix(m.factor(whole));
  const Matrix left = read_matrix(m.factor(a)), right = read_matrix(m.factor(b));
  if (std::string_view(whole) == "lokr_w2" && m.has("lokr_t2")) {
    return product(transposed(left), expanded(m.factor("lokr_t2"), right, taps));
  }
  return product(left, right);
}

void apply(const Merge& merge) {
  const Matrix one = side(merge.module, "lokr_w1", "lokr_w1_a", "lokr_w1_b", 1);
  const Matrix two = side(merge.module, "lokr_w2", "lokr_w2_a", "lokr_w2_b", merge.shape.taps);
  const auto scale = static_cast<float>(merge.strength * merge.module.scale);
  for_rows(merge.pool, merge.shape.out, merge.shape.columns(), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      const float *factors = one.row(i / two.rows), *from = two.row(i % two.rows);
      float* to = merge.row(i);
      for (std::int64_t j = 0; j < one.columns; ++j, to += two.columns) {
        const float factor = factors[j] * scale;
        for (std::int64_t k = 0; k < two.columns; ++k) to[k] += factor * from[k];
      }
    }
  });
}

}  // namespace

AdapterKind lokr_kind() {
  return {.title = "LoKr",
          .marks = {"lokr_w1", "lokr_w1_a", "lokr_w1_b", "lokr_w2", "lokr_w2_a", "lokr_w2_b", "lokr_t2"},
          .missing = missing,
          .rank = rank,
          .misfit = misfit,
          .apply = apply};
}

}  // namespace pxf
