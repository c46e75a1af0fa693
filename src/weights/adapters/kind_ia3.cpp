// IA3: W1 = W times a factor for each output, or for each input. Liu et al. 2022, "Few-Shot Parameter-Efficient
// Fine-Tuning is Better and Cheaper than In-Context Learning". LyCORIS keeps the factor less 1, PEFT the factor.
#include <fmt/format.h>

#include "weights/adapters/kind.h"
#include "weights/adapters/matrix.h"

namespace pxf {
namespace {

bool told_on_input(const AdapterModule& m) {
  float flag = 0;
  m.factor("on_input").read_f32(0, {&flag, 1});
  return flag != 0;
}

// PEFT: (out, 1) or (1, in) for a matrix; (1, n, 1, 1) for a convolution, where outputs go first when both would do.
bool seen_on_input(const AdapterModule& m, const WeightShape& w) {
  const Shape& shape = m.factor("ia3_l").shape();
  if (shape.rank() == 2) return shape.dim(0) == 1 && w.out != 1;
  return shape.numel() != w.out;
}

std::string length_misfit(const char* name, const Weight& factor, std::int64_t need) {
  if (factor.shape().numel() == need) return {};
  return fmt::format("{}: got {}, need {} elements", name, factor.shape().text(), need);
}

void multiply(const Merge& merge, const Weight& factor, float less, bool on_input) {
  std::vector<float> change(static_cast<std::size_t>(factor.shape().numel()));
  factor.read_f32(0, change);
  const auto strength = static_cast<float>(merge.strength);
  for (float& v : change) v = 1 + strength * (v - less);
  const WeightShape& w = merge.shape;
  for (std::int64_t o = 0; o < w.out; ++o) {
    float* to = merge.row(o);
    for (std::int64_t j = 0; j < w.columns(); ++j) to[j] *= change[static_cast<std::size_t>(on_input ? j / w.taps : o)];
  }
}

}  // namespace

AdapterKind ia3_kind() {
  return {
      .title = "IA3",
      .marks = {"on_input"},
      .missing = [](const AdapterModule& m) { return missing_of(m, {"weight"}); },
      .misfit =
          [](const AdapterModule& m, const WeightShape& w) {
            return length_misfit("weight", m.factor("weight"), told_on_input(m) ? w.in : w.out);
          },
      .apply =
          [](const Merge& merge) { multiply(merge, merge.module.factor("weight"), 0, told_on_input(merge.module)); }};
}

AdapterKind peft_ia3_kind() {
  return {.title = "IA3",
          .marks = {"ia3_l"},
          .misfit =
              [](const AdapterModule& m, const WeightShape& w) {
                return length_misfit("ia3_l", m.factor("ia3_l"), seen_on_input(m, w) ? w.in : w.out);
              },
          .apply =
              [](const Merge& merge) {
                multiply(merge, merge.module.factor("ia3_l"), 1, seen_on_input(merge.module, merge.shape));
              }};
}

}  // namespace pxf
