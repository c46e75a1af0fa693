#include "weights/adapters/kind.h"

#include <fmt/format.h>

#include <array>

namespace pxf {

WeightShape::WeightShape(const Shape& shape) {
  if (shape.rank() > 0) out = shape.dim(0);
  if (shape.rank() > 1) in = shape.dim(1);
  for (int i = 2; i < shape.rank(); ++i) taps *= shape.dim(i);
}

std::span<const AdapterKind> adapter_kinds() {
  static const std::array all{lora_kind(),      loha_kind(),     lokr_kind(),       glora_kind(),
                              ia3_kind(),       peft_ia3_kind(), oft_kind(),        peft_oft_kind(),
                              peft_boft_kind(), full_kind(),     replacement_kind()};
  return all;
}

std::int64_t read_extent(const Weight& factor, int i) {
  if (!factor.defined()) return 0;
  return i < factor.shape().rank() ? factor.shape().dim(i) : 1;
}

std::string missing_of(const AdapterModule& module, std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names) {
    if (!module.has(name)) return fmt::format("has {} but no {}", module.factors.begin()->first, name);
  }
  return {};
}

std::string misfit_of(const AdapterModule& module, std::string_view name, std::int64_t rows, std::int64_t columns) {
  const Weight factor = module.factor(name);
  if (!factor.defined()) return {};
  const Shape& shape = factor.shape();
  const std::int64_t outermost = shape.rank() == 0 ? 1 : shape.dim(0);
  if (outermost == rows && shape.numel() == rows * columns) return {};
  return fmt::format("{}: got {}, need ({}, {})", name, shape.text(), rows, columns);
}

std::string first_misfit(std::initializer_list<std::string> checks) {
  for (const std::string& check : checks) {
    if (!check.empty()) return check;
  }
  return {};
}

}  // namespace pxf
