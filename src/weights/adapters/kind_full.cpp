// A whole difference (`diff`; for norms `w_norm`), and a whole replacement (ComfyUI's `set_weight`).
#include "weights/adapters/kind.h"
#include "weights/adapters/matrix.h"

namespace pxf {
namespace {

void add_difference(const Merge& merge) {
  const Matrix diff = read_matrix(merge.module.factor("diff"), merge.shape.out, merge.shape.columns());
  const auto strength = static_cast<float>(merge.strength);
  for (std::size_t i = 0; i < diff.values.size(); ++i) merge.weight[i] += strength * diff.values[i];
}

void replace(const Merge& merge) {
  const Matrix set = read_matrix(merge.module.factor("set_weight"), merge.shape.out, merge.shape.columns());
  const auto strength = static_cast<float>(merge.strength);
  for (std::size_t i = 0; i < set.values.size(); ++i) {
    merge.weight[i] += strength * (set.values[i] - merge.weight[i]);
  }
}

}  // namespace

AdapterKind full_kind() {
  return {
      .title = "whole difference",
      .marks = {"diff"},
      .misfit = [](const AdapterModule& m, const WeightShape& w) { return misfit_of(m, "diff", w.out, w.columns()); },
      .apply = add_difference};
}

AdapterKind replacement_kind() {
  return {.title = "replacement",
          .marks = {"set_weight"},
          .misfit = [](const AdapterModule& m,
                       const WeightShape& w) { return misfit_of(m, "set_weight", w.out, w.columns()); },
          .apply = replace};
}

}  // namespace pxf
