// The small floating-point formats that checkpoints use, widened to f32 exactly; scalar, for any machine.
// Formats: IEEE 754 binary16; bfloat16; OCP 8-bit E4M3FN and E5M2 (Micikevicius et al. 2022, "FP8 formats for deep
// learning").
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

namespace pxf {

inline float f32_from_bf16(std::uint16_t bits) noexcept { return std::bit_cast<float>(std::uint32_t{bits} << 16); }

inline float f32_from_f16(std::uint16_t bits) noexcept {
  const std::uint32_t sign = std::uint32_t{bits & 0x8000u} << 16;
  const std::uint32_t exponent = (bits >> 10) & 0x1f;
  const std::uint32_t mantissa = bits & 0x3ff;
  if (exponent == 0) {  // zero or subnormal: mantissa * 2^-24
    const float magnitude = static_cast<float>(mantissa) * 0x1p-24f;
    return std::bit_cast<float>(std::bit_cast<std::uint32_t>(magnitude) | sign);
  }
  const std::uint32_t wide = exponent == 0x1f ? 0xffu : exponent + 112;
  return std::bit_cast<float>(sign | (wide << 23) | (mantissa << 13));
}

/// E4M3FN: no infinities; 0x7f and 0xff are NaN.
inline float f32_from_f8_e4m3(std::uint8_t bits) noexcept {
  const float sign = bits & 0x80 ? -1.0f : 1.0f;
  const int exponent = (bits >> 3) & 0xf;
  const int mantissa = bits & 0x7;
  if ((bits & 0x7f) == 0x7f) return std::numeric_limits<float>::quiet_NaN();
  if (exponent == 0) return sign * std::ldexp(static_cast<float>(mantissa), -9);
  return sign * std::ldexp(static_cast<float>(mantissa + 8), exponent - 10);
}

/// E5M2: the upper byte of a binary16.
inline float f32_from_f8_e5m2(std::uint8_t bits) noexcept {
  return f32_from_f16(static_cast<std::uint16_t>(bits << 8));
}

}  // namespace pxf
