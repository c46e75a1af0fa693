// The small floating-point formats that checkpoints use: widened to f32 exactly, and f32 narrowed to them, to the
// nearest value and between two of them to the even one, as PyTorch does. Scalar, for any machine. Formats: IEEE 754
// binary16; bfloat16; OCP 8-bit E4M3FN and E5M2 (Micikevicius et al. 2022, "FP8 formats for deep learning").
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

namespace pxf {

inline float f32_from_bf16(std::uint16_t bits) noexcept { return std::bit_cast<float>(std::uint32_t{bits} << 16); }

/// Without a branch, so that compilers make vectors of it.
inline float f32_from_f16(std::uint16_t bits) noexcept {
  const std::uint32_t sign = std::uint32_t{bits & 0x8000u} << 16;
  const std::uint32_t magnitude = bits & 0x7fffu;
  const auto subnormal =
      std::bit_cast<std::uint32_t>(static_cast<float>(static_cast<std::int32_t>(magnitude)) * 0x1p-24f);
  const std::uint32_t normal = (magnitude << 13) + (112u << 23);
  const std::uint32_t beyond = magnitude >= 0x7c00u ? 112u << 23 : 0;  // infinity and NaN have the largest exponent
  return std::bit_cast<float>(sign | (magnitude < 0x400u ? subnormal : normal + beyond));
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

namespace half_detail {

/// The code of a magnitude (f32 bits without the sign) in a format with so many bits of mantissa; it goes on counting
/// where the format ends.
template <int kMantissa, int kBias>
std::uint32_t narrowed(std::uint32_t magnitude) noexcept {
  constexpr int kDropped = 23 - kMantissa;
  constexpr std::uint32_t kSmallestNormal = static_cast<std::uint32_t>(128 - kBias) << 23;
  // Added to a subnormal, it leaves the format's code in the last bits of the sum, rounded by the addition itself.
  constexpr std::uint32_t kRounder = static_cast<std::uint32_t>(151 - kBias - kMantissa) << 23;
  const float sum = std::bit_cast<float>(magnitude) + std::bit_cast<float>(kRounder);
  const std::uint32_t subnormal = std::bit_cast<std::uint32_t>(sum) - kRounder;
  const std::uint32_t rounded = magnitude + ((1u << (kDropped - 1)) - 1) + (magnitude >> kDropped & 1);
  const std::uint32_t normal = (rounded >> kDropped) - (static_cast<std::uint32_t>(127 - kBias) << kMantissa);
  return magnitude < kSmallestNormal ? subnormal : normal;
}

inline constexpr std::uint32_t kF32Infinity = 0x7f800000;

}  // namespace half_detail

/// A NaN stays one, with its sign.
inline std::uint16_t bf16_from_f32(float value) noexcept {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t nan = bits >> 16 | 0x40;
  const std::uint32_t rounded = (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
  return static_cast<std::uint16_t>((bits & 0x7fffffff) > half_detail::kF32Infinity ? nan : rounded);
}

/// Infinite from 65520 on.
inline std::uint16_t f16_from_f32(float value) noexcept {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t magnitude = bits & 0x7fffffff;
  const std::uint32_t code = std::min(half_detail::narrowed<10, 15>(magnitude), 0x7c00u);
  return static_cast<std::uint16_t>((bits >> 16 & 0x8000) | (magnitude > half_detail::kF32Infinity ? 0x7e00u : code));
}

/// The format has no infinities: what is larger than 448 becomes 448.
inline std::uint8_t f8_e4m3_from_f32(float value) noexcept {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t magnitude = bits & 0x7fffffff;
  const std::uint32_t code = std::min(half_detail::narrowed<3, 7>(magnitude), 0x7eu);
  return static_cast<std::uint8_t>((bits >> 24 & 0x80) | (magnitude > half_detail::kF32Infinity ? 0x7fu : code));
}

/// Infinite from 61440 on.
inline std::uint8_t f8_e5m2_from_f32(float value) noexcept {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t magnitude = bits & 0x7fffffff;
  const std::uint32_t code = std::min(half_detail::narrowed<2, 15>(magnitude), 0x7cu);
  return static_cast<std::uint8_t>((bits >> 24 & 0x80) | (magnitude > half_detail::kF32Infinity ? 0x7fu : code));
}

}  // namespace pxf
