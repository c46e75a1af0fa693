#include "ops/context.h"

#include <algorithm>

namespace pxf {
namespace {

template <class T>
Tensor copy_in(Context& context, std::span<const T> values, const Shape& shape) {
  require(static_cast<std::int64_t>(values.size()) == shape.numel(), "[tensor] {} values, need {} for {}",
          values.size(), shape.numel(), shape.text());
  Tensor out = context.empty(shape, DTypeOf<T>::value);
  std::copy(values.begin(), values.end(), out.span<T>().begin());
  return out;
}

}  // namespace

std::string_view to_string(Precision precision) noexcept {
  switch (precision) {
    case Precision::exact: return "exact";
    case Precision::balanced: return "balanced";
    case Precision::fast: return "fast";
  }
  return "";
}

Tensor Context::empty(const Shape& shape, DType dtype) {
  return Tensor(*this, memory_->take(static_cast<std::size_t>(shape.numel()) * size_of(dtype)), shape, dtype);
}

Tensor Context::full(const Shape& shape, double value, DType dtype) {
  Tensor out = empty(shape, dtype);
  if (dtype == DType::f64) {
    std::ranges::fill(out.span<double>(), value);
  } else {
    std::ranges::fill(out.span<float>(), static_cast<float>(value));
  }
  return out;
}

Tensor Context::from(std::span<const float> values, const Shape& shape) { return copy_in(*this, values, shape); }
Tensor Context::from(std::span<const double> values, const Shape& shape) { return copy_in(*this, values, shape); }
Tensor Context::from(std::span<const std::int32_t> values, const Shape& shape) { return copy_in(*this, values, shape); }

void Context::check_cancelled() const {
  if (cancel_ != nullptr && cancel_->requested()) fail(ErrorCode::cancelled, "cancelled");
}

void Context::forget_beyond_limit(const Weight* used, std::uint64_t form_bytes_before) const {
  if (weights_limit_ == 0 || used == nullptr || used->form_bytes() <= form_bytes_before) return;
  if (memory_->lasting() > weights_limit_) used->forget_forms();
}

}  // namespace pxf
