// LoRA: W1 - W = scale up down. Hu et al. 2021, "LoRA: Low-Rank Adaptation of Large Language Models". For convolutions
// `down` has the kernel's places, or `mid` has them between two 1x1 ones (LyCORIS's LoCon).
#include <memory>
#include <utility>

#include "weights/adapters/kind.h"
#include "weights/adapters/matrix.h"

namespace pxf {
namespace {

std::int64_t rank(const AdapterModule& m) { return read_extent(m.factor("lora_down"), 0); }

std::string misfit(const AdapterModule& m, const WeightShape& w) {
  const std::int64_t r = rank(m);
  return first_misfit({misfit_of(m, "lora_down", r, m.has("lora_mid") ? w.in : w.columns()),
                       misfit_of(m, "lora_mid", r, r * w.taps), misfit_of(m, "lora_up", w.out, r)});
}

RowChange by_rows(const AdapterModule& m, const WeightShape& shape, double strength) {
  Matrix down = read_matrix(m.factor("lora_down"));
  if (m.has("lora_mid")) down = expanded(m.factor("lora_mid"), down, shape.taps);
  return [up = std::make_shared<const Matrix>(read_matrix(m.factor("lora_up"))),
          down = std::make_shared<const RightFactor>(down), scale = static_cast<float>(strength * m.scale)](
             std::int64_t first, std::int64_t count, float* w) { down->add_product(scale, *up, first, count, w); };
}

}  // namespace

AdapterKind lora_kind() {
  return {.title = "LoRA",
          .marks = {"lora_up", "lora_down", "lora_mid"},
          .missing =
              [](const AdapterModule& m) {
                return missing_of(m, {"lora_up", "lora_down"});
              },
          .rank = rank,
          .misfit = misfit,
          .by_rows = by_rows};
}

}  // namespace pxf
