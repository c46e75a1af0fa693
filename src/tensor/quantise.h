// f32 as the block types of GGUF, by ggml's reference algorithms, operation for operation: the same bytes as the Python
// package gguf 0.19 writes for the types that it can write, and as ggml's quantize_row_*_ref for Q2_K to Q6_K.
// Not here: importance matrices, and the types that are points of a grid.
#pragma once

#include <cstddef>
#include <span>

#include "tensor/dtype.h"

namespace pxf {

/// q4_0, q4_1, q5_0, q5_1, q8_0, q2_k, q3_k, q4_k, q5_k, q6_k.
bool can_quantise_to(DType dtype) noexcept;

/// Codes whole blocks. Values must be finite: what else gives blocks that mean nothing. Throws Failure when `values`
/// are no whole blocks, `out` is not exactly as long as they take, or the type cannot be quantised to.
void quantise(std::span<const float> values, DType dtype, std::span<std::byte> out);

}  // namespace pxf
