// Elements of any type as f32.
#pragma once

#include <span>

#include "base/bytes.h"
#include "tensor/dtype.h"

namespace pxf {

/// Widens out.size() elements. Exact for f16, bf16, f8 and integers up to 24 bits; f64 and longer integers are rounded.
/// `bytes` need not be aligned and must hold out.size() * size_of(dtype) bytes.
void widen_to_f32(Bytes bytes, DType dtype, std::span<float> out);

}  // namespace pxf
