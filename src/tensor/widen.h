// Elements of any type as f32.
#pragma once

#include <cstdint>
#include <span>

#include "base/bytes.h"
#include "tensor/dtype.h"

namespace pxf {

/// Widens the elements [begin, begin + out.size()) of those in `bytes`, which need not be aligned. Exact for f16, bf16,
/// f8 and integers up to 24 bits; f64 and longer integers are rounded; block types give what the format's reference
/// computes in f32. Throws Failure when `bytes` holds fewer elements.
void widen_to_f32(Bytes bytes, DType dtype, std::int64_t begin, std::span<float> out);
/// The first out.size() elements.
inline void widen_to_f32(Bytes bytes, DType dtype, std::span<float> out) { widen_to_f32(bytes, dtype, 0, out); }

}  // namespace pxf
