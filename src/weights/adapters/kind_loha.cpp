// LoHa: W1 - W = scale (w1_a w1_b) * (w2_a w2_b), elementwise. Hyeon-Woo et al. 2022, "FedPara". With t1 and t2, each
// side is in Tucker's form and the a factors lie on their side.
#include <memory>
#include <utility>

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
  Matrix a;       // (out, r)
  RightFactor b;  // (r, columns)
};

Side side(const AdapterModule& m, const WeightShape& w, const char* a, const char* b, const char* t) {
  Matrix left = read_matrix(m.factor(a)), right = read_matrix(m.factor(b));
  if (m.has(t)) return {transposed(left), RightFactor(expanded(m.factor(t), right, w.taps))};
  return {std::move(left), RightFactor(right)};
}

RowChange by_rows(const AdapterModule& m, const WeightShape& w, double strength) {
  return [one = std::make_shared<const Side>(side(m, w, "hada_w1_a", "hada_w1_b", "hada_t1")),
          two = std::make_shared<const Side>(side(m, w, "hada_w2_a", "hada_w2_b", "hada_t2")),
          scale = static_cast<float>(strength * m.scale),
          columns = w.columns()](std::int64_t first, std::int64_t count, float* to) {
    Matrix left = zeros(count, columns), right = zeros(count, columns);
    one->b.add_product(scale, one->a, first, count, left.row(0));
    two->b.add_product(1, two->a, first, count, right.row(0));
    for (std::size_t i = 0; i < left.values.size(); ++i) to[i] += left.values[i] * right.values[i];
  };
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
          .by_rows = by_rows};
}

}  // namespace pxf
