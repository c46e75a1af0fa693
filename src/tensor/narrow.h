// f32 as elements of a narrower type: the way back from widen.h.
#pragma once

#include <cstddef>
#include <span>

#include "tensor/dtype.h"

namespace pxf {

/// f32, f16, bf16, f8_e4m3, f8_e5m2, and the block types that quantise.h knows.
bool can_narrow_to(DType dtype) noexcept;

/// Writes `values` as `dtype` to `out`, at any alignment. Plain types: to the nearest, ties to even (base/half.h);
/// block types: as ggml's reference (quantise.h). Throws Failure when `out` is not exactly as long as they take, and
/// for a type that cannot be narrowed to.
void narrow_from_f32(std::span<const float> values, DType dtype, std::span<std::byte> out);

}  // namespace pxf
