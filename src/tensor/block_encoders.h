// One function a block type: reads a block's elements and writes its bytes. For quantise.cpp alone. The layouts stand
// at the decoders (dequantise_simple.cpp, dequantise_k.cpp).
#pragma once

#include <cstdint>
#include <cstring>

#include "base/half.h"

namespace pxf::block {

using Byte = std::uint8_t;
/// Reads one block's elements and writes all of its bytes.
using Encoder = void (*)(const float*, Byte*);

/// Stores an f16 and gives back what it means: codes are chosen for the scale that a reader will have.
inline float put_f16(Byte* at, float value) noexcept {
  const std::uint16_t code = f16_from_f32(value);
  std::memcpy(at, &code, sizeof code);
  return f32_from_f16(code);
}

// Blocks of 32 with one scale: quantise_simple.cpp.
void to_q4_0(const float*, Byte*);
void to_q4_1(const float*, Byte*);
void to_q5_0(const float*, Byte*);
void to_q5_1(const float*, Byte*);
void to_q8_0(const float*, Byte*);

// Blocks of 256 with scales of scales: quantise_k.cpp.
void to_q2_k(const float*, Byte*);
void to_q3_k(const float*, Byte*);
void to_q4_k(const float*, Byte*);
void to_q5_k(const float*, Byte*);
void to_q6_k(const float*, Byte*);

}  // namespace pxf::block
