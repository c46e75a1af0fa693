// One function a block type: reads a block's bytes and writes its elements. For dequantise.cpp alone.
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "base/half.h"

namespace pxf::block {

using Byte = std::uint8_t;
/// Reads one block and writes its elements.
using Decoder = void (*)(const Byte* block, float* out);

template <class T>
T load(const Byte* at) noexcept {
  T out;
  std::memcpy(&out, at, sizeof out);
  return out;
}
inline float f16(const Byte* at) noexcept { return f32_from_f16(load<std::uint16_t>(at)); }

/// What the codes of iq4_nl and iq4_xs stand for.
inline constexpr float kNonLinear[16] = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};

// Blocks of 32 to 128 elements with one scale, or one for each 16: dequantise_simple.cpp.
void q1_0(const Byte*, float*);
void q4_0(const Byte*, float*);
void q4_1(const Byte*, float*);
void q5_0(const Byte*, float*);
void q5_1(const Byte*, float*);
void q8_0(const Byte*, float*);
void iq4_nl(const Byte*, float*);
void mxfp4(const Byte*, float*);
void nvfp4(const Byte*, float*);

// Blocks of 256 with scales of scales, and the ternary ones: dequantise_k.cpp.
void q2_k(const Byte*, float*);
void q3_k(const Byte*, float*);
void q4_k(const Byte*, float*);
void q5_k(const Byte*, float*);
void q6_k(const Byte*, float*);
void q8_k(const Byte*, float*);
void tq1_0(const Byte*, float*);
void tq2_0(const Byte*, float*);

// Blocks of 256 whose elements are points of a grid: dequantise_iq.cpp.
void iq1_s(const Byte*, float*);
void iq1_m(const Byte*, float*);
void iq2_xxs(const Byte*, float*);
void iq2_xs(const Byte*, float*);
void iq2_s(const Byte*, float*);
void iq3_xxs(const Byte*, float*);
void iq3_s(const Byte*, float*);
void iq4_xs(const Byte*, float*);

}  // namespace pxf::block
