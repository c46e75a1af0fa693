// Searching the scale (and minimum) under which whole codes come closest to a few values: what the K-quants of ggml do
// for each of their small groups (make_qx_quants, make_q3_quants, make_qkx2_quants there), operation for operation. For
// quantise_k.cpp alone.
#pragma once

#include <cstdint>
#include <span>

namespace pxf::block {

/// The nearest whole number, ties to even, of values up to 2^22.
int nearest_whole(float value) noexcept;

inline constexpr float kAllZero = 1e-15f;  // groups whose magnitudes are all below count as zeros

/// x ~ d (code - middle), weighted by x squared; codes 0 to 2 middle - 1. Tries scales around the one at which the
/// largest magnitude just fits. Gives d.
float fit_centred(std::span<const float> x, int middle, std::uint8_t* codes) noexcept;

/// The same for few codes: moves single codes as long as that brings the whole closer.
float fit_centred_moving(std::span<const float> x, int middle, std::uint8_t* codes) noexcept;

struct LineFit {
  float scale, minus_minimum;  // x ~ scale code - minus_minimum, the latter never negative
};
struct LineSearch {
  int highest;   // codes 0 to highest
  float begin;   // the first scale tried has highest + begin codes for the whole range
  int steps;     // of 0.1 each
  bool squares;  // errors count squared, or by magnitude
};
/// At most 32 values.
LineFit fit_line(std::span<const float> x, std::span<const float> weights, const LineSearch& search,
                 std::uint8_t* codes) noexcept;

}  // namespace pxf::block
