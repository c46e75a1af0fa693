#include "weights/adapters/merge.h"

#include <fmt/format.h>

#include <cmath>
#include <vector>

#include "base/error.h"
#include "weights/adapters/kind.h"
#include "weights/adapters/matrix.h"

namespace pxf {
namespace {

// DoRA's magnitudes: the norms that W1 has, for each output or (older LyCORIS) for each input.
const char* magnitude_of(const AdapterModule& m) {
  return m.has("dora_scale") ? "dora_scale" : m.has("magnitude") ? "magnitude" : nullptr;
}

bool for_each_input(const AdapterModule& m, const WeightShape& w) {
  if (!m.has("dora_scale")) return false;  // PEFT writes (1, out, 1, 1) for convolutions
  const Shape& s = m.factor("dora_scale").shape();
  return s.rank() >= 2 && s.dim(0) == 1 && w.out != 1;
}

// Liu et al. 2024, "DoRA: Weight-Decomposed Low-Rank Adaptation": W1 = m V / |V|, V being the weight with its low-rank
// change. |V| is that of the merged weight, as LyCORIS, PEFT and A1111 have it.
void set_norms(const AdapterModule& m, const WeightShape& w, std::span<float> v) {
  const bool inputs = for_each_input(m, w);
  std::vector<float> magnitude(static_cast<std::size_t>(inputs ? w.in : w.out));
  m.factor(magnitude_of(m)).read_f32(0, magnitude);
  const auto group = [&](std::int64_t i) {
    return static_cast<std::size_t>(inputs ? i % w.columns() / w.taps : i / w.columns());
  };
  std::vector<double> squares(magnitude.size());
  const auto count = static_cast<std::int64_t>(v.size());
  for (std::int64_t i = 0; i < count; ++i)
    squares[group(i)] += double{v[static_cast<std::size_t>(i)]} * double{v[static_cast<std::size_t>(i)]};
  for (std::size_t g = 0; g < magnitude.size(); ++g) {
    magnitude[g] = static_cast<float>(double{magnitude[g]} / (std::sqrt(squares[g]) + 1e-12));
  }
  for (std::int64_t i = 0; i < count; ++i) v[static_cast<std::size_t>(i)] *= magnitude[group(i)];
}

void apply(const Merge& merge) {
  const AdapterKind& kind = *merge.module.kind;
  if (kind.apply != nullptr) return kind.apply(merge);
  const RowChange change = kind.by_rows(merge.module, merge.shape, merge.strength);
  for_rows(merge.pool, merge.shape.out, merge.shape.columns(),
           [&](std::int64_t begin, std::int64_t end) { change(begin, end - begin, merge.row(begin)); });
}

}  // namespace

std::string weight_misfit(const AdapterModule& module, const Shape& shape) {
  if (module.kind == nullptr) return {};
  const WeightShape w(shape);
  if (std::string wrong = module.kind->misfit(module, w); !wrong.empty()) return wrong;
  const char* magnitude = magnitude_of(module);
  if (magnitude == nullptr) return {};
  const std::int64_t need = for_each_input(module, w) ? w.in : w.out;
  const Shape& got = module.factor(magnitude).shape();
  return got.numel() == need ? std::string() : fmt::format("{}: got {}, need {} elements", magnitude, got.text(), need);
}

std::string bias_misfit(const AdapterModule& module, const Shape& shape) {
  const Shape& got = module.factor("diff_b").shape();
  return got.numel() == shape.numel() ? std::string()
                                      : fmt::format("diff_b: got {}, need {}", got.text(), shape.text());
}

void merge_weight(const AdapterModule& module, double strength, const Shape& shape, std::span<float> weight,
                  ThreadPool* pool) {
  const WeightShape w(shape);
  if (magnitude_of(module) == nullptr) return apply({module, w, strength, weight, pool});
  std::vector<float> decomposed(weight.begin(), weight.end());
  apply({module, w, 1, decomposed, pool});
  set_norms(module, w, decomposed);
  const auto s = static_cast<float>(strength);
  for (std::size_t i = 0; i < weight.size(); ++i) weight[i] += s * (decomposed[i] - weight[i]);
}

RowChange row_change(const AdapterModule& module, double strength, const Shape& shape) {
  if (module.kind->by_rows == nullptr || magnitude_of(module) != nullptr) return {};
  return module.kind->by_rows(module, WeightShape(shape), strength);
}

std::optional<LowRankSum::Term> low_rank_term(const AdapterModule& module, double strength, const Shape& shape) {
  const WeightShape w(shape);
  if (!module.has("lora_down") || module.has("lora_mid") || magnitude_of(module) != nullptr || w.taps != 1) return {};
  const std::int64_t rank = read_extent(module.factor("lora_down"), 0);
  if (2 * rank * (w.out + w.in) > w.out * w.in) return {};
  return LowRankSum::Term{module.factor("lora_down"), module.factor("lora_up"), strength * module.scale};
}

void merge_bias(const AdapterModule& module, double strength, std::span<float> bias) {
  std::vector<float> diff(bias.size());
  module.factor("diff_b").read_f32(0, diff);
  for (std::size_t i = 0; i < bias.size(); ++i) bias[i] += static_cast<float>(strength) * diff[i];
}

}  // namespace pxf
