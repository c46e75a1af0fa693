// The block types of GGUF as f32, by the arithmetic of ggml's reference (the Python package gguf 0.19), operation for
// operation: results are equal to the bit.
// Each decoder's comment gives the layout of its block; docs/formats/gguf.md says which types are which.
// Not here: quantising (quantise.h).
#pragma once

#include <cstddef>
#include <span>

#include "base/bytes.h"
#include "tensor/dtype.h"

namespace pxf {

inline constexpr std::size_t kMaxBlockElements = 256;

/// Decodes out.size() elements, whole blocks of them, from the start of `blocks`, at any alignment. Throws Failure when
/// there are fewer bytes, no whole blocks are wanted, or the type is a plain one.
void dequantise(Bytes blocks, DType dtype, std::span<float> out);

}  // namespace pxf
