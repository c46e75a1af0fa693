// LoHa: W1 - W = scale (w1_a w1_b) * (w2_a w2_b), elementwise. Hyeon-Woo et al. 2022, "FedPara". With t1 and t2, each
// side is in Tucker's form and the a factors lie on their side.
#include <algorithm>

#include "weights/adapters/kind.h"
#include "weights/adapters/matrix.h"

namespace pxf {
namespace {

std::int64_t rank(const AdapterModule& m) { return read_extent(m.factor("hada_w1_b"), 0); }

std::string side_misfit(const AdapterModule& m, const WeightShape& w, const char* a, const char* b, const char* t) {
  const std::int64_t r = read_extent(m.factor(b), 0);
  if (!m.has(t)) return first_misfit({misfit_of(m, a, w.out, r), misfit_of(m, b, r, w.columns())});
  return first_misfit({misfit_of(m, a, r, w.out), misfit_of(m, b, r, w.in), misfit_of(m, t, r, r * w.taps)});
}

std::string misfit(const AdapterModule& m, const WeightShape& w) {
  return first_misfit(
      {side_misfit(m, w, "hada_w1_a", "hada_w1_b", "hada_t1"), side_misfit(m, w, "hada_w2_a", "hada_w2_b", "hada_t2")});
}

struct Side {
  Matrix a, b;  // (out, r), (r, columns)
};

Side side(const Merge& merge, const char* a, const char* b, const char* t) {
  const AdapterModule& m = merge.module;
  Side out{read_matrix(m.factor(a)), read_matrix(m.factor(b))};
  if (!m.has(t)) return out;
  return {transposed(out.a), expanded(m.factor(t), out.b, merge.shape.taps)};
}

void apply(const Merge& merge) {
  const Side one = side(merge, "hada_w1_a", "hada_w1_b", "hada_t1");
  const Side two = side(merge, "hada_w2_a", "hada_w2_b", "hada_t2");
  const auto scale = static_cast<float>(merge.strength * merge.module.scale);
  const std::int64_t columns = merge.shape.columns();
  for_rows(merge.pool, merge.shape.out, 2 * columns * one.a.columns, [&](std::int64_t begin, std::int64_t end) {
    Matrix first = zeros(1, columns), second = zeros(1, columns);
    for (std::int64_t i = begin; i < end; ++i) {
      std::ranges::fill(first.values, 0.0f);
      std::ranges::fill(second.values, 0.0f);
      add_row_product(scale, one.a.row(i), one.b, first.row(0));
      add_row_product(1, two.a.row(i), two.b, second.row(0));
      float* to = merge.row(i);
      for (std::int64_t j = 0; j < columns; ++j) to[j] += first.row(0)[j] * second.row(0)[j];
    }
  });
}

}  // namespace

AdapterKind loha_kind() {
  return {.title = "LoHa",
          .marks = {"hada_w1_a", "hada_w1_b", "hada_w2_a", "hada_w2_b"},
          .missing =
              [](const AdapterModule& m) {
                return missing_of(m, {"hada_w1_a", "hada_w1_b", "hada_w2_a", "hada_w2_b"});
              },
          .rank = rank,
          .misfit = misfit,
          .apply = apply};
}

}  // namespace pxf
