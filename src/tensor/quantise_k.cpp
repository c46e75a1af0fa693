#include <algorithm>
#include <cmath>
#include <span>

#include "tensor/block_encoders.h"
#include "tensor/block_fit.h"

namespace pxf::block {
namespace {

constexpr int kElements = 256;
using Codes = Byte[kElements];

/// Codes of a group for the scale and minimum that a reader will see; as they are when the scale has vanished.
void recode(const float* x, int count, float d, float minus_minimum, int highest, Byte* codes) {
  if (d == 0) return;
  for (int i = 0; i < count; ++i) {
    codes[i] = static_cast<Byte>(std::clamp(nearest_whole((x[i] + minus_minimum) / d), 0, highest));
  }
}
void recode_centred(const float* x, int count, float d, int middle, Byte* codes) {
  if (d == 0) return;
  for (int i = 0; i < count; ++i) {
    codes[i] = static_cast<Byte>(std::clamp(nearest_whole(x[i] / d), -middle, middle - 1) + middle);
  }
}

/// The low two bits of the codes, four a byte.
void put_pairs(const Codes& codes, Byte* out) {
  for (int i = 0; i < 64; ++i) {
    const Byte* c = codes + i / 32 * 128 + i % 32;
    out[i] = static_cast<Byte>((c[0] & 3) | (c[32] & 3) << 2 | (c[64] & 3) << 4 | (c[96] & 3) << 6);
  }
}

/// The low four bits, two a byte.
void put_nibbles(const Codes& codes, Byte* out) {
  for (int i = 0; i < 128; ++i) {
    const Byte* c = codes + i / 32 * 64 + i % 32;
    out[i] = static_cast<Byte>((c[0] & 0xf) | (c[32] & 0xf) << 4);
  }
}

/// Bit `bit` of the codes, eight a byte.
void put_bits(const Codes& codes, int bit, Byte* out) {
  for (int i = 0; i < 32; ++i) {
    int bits = 0;
    for (int k = 0; k < 8; ++k) bits |= (codes[32 * k + i] >> bit & 1) << k;
    out[i] = static_cast<Byte>(bits);
  }
}

/// Eight scales and minima of six bits in 12 bytes: dequantise_k.cpp has the layout.
void put_scales_and_minima(const Byte* scales, const Byte* minima, Byte* out) {
  for (int i = 0; i < 4; ++i) {
    out[i] = static_cast<Byte>(scales[i] | scales[i + 4] >> 4 << 6);
    out[i + 4] = static_cast<Byte>(minima[i] | minima[i + 4] >> 4 << 6);
    out[i + 8] = static_cast<Byte>((scales[i + 4] & 0xf) | (minima[i + 4] & 0xf) << 4);
  }
}

float largest_or_zero(std::span<const float> values) { return std::max(0.0f, *std::ranges::max_element(values)); }

/// Of the first element with the largest magnitude, with its sign.
float extreme(std::span<const float> values) {
  float best = 0;
  for (const float v : values) {
    if (std::abs(v) > std::abs(best)) best = v;
  }
  return best;
}

/// What q4_k and q5_k share: groups of 32, scales and minima of six bits each. Writes the first 16 bytes.
void fit_groups_of_32(const float* x, const LineSearch& search, Codes& codes, Byte* out) {
  float scales[8], minima[8];
  for (int group = 0; group < 8; ++group) {
    const std::span<const float> values(x + 32 * group, 32);
    float squares = 0, weights[32];
    for (const float v : values) squares += v * v;
    const float average = std::sqrt(squares / 32);
    std::ranges::transform(values, weights, [average](float v) { return average + std::abs(v); });
    const LineFit line = fit_line(values, weights, search, codes + 32 * group);
    scales[group] = line.scale;
    minima[group] = line.minus_minimum;
  }
  const float max_scale = largest_or_zero(scales), max_minimum = largest_or_zero(minima);
  const float inverse_scale = max_scale > 0 ? 63 / max_scale : 0;
  const float inverse_minimum = max_minimum > 0 ? 63 / max_minimum : 0;
  const float d = put_f16(out, max_scale / 63), dmin = put_f16(out + 2, max_minimum / 63);
  Byte scale_codes[8], minimum_codes[8];
  for (int group = 0; group < 8; ++group) {
    scale_codes[group] = std::min<Byte>(63, static_cast<Byte>(nearest_whole(inverse_scale * scales[group])));
    minimum_codes[group] = std::min<Byte>(63, static_cast<Byte>(nearest_whole(inverse_minimum * minima[group])));
    recode(x + 32 * group, 32, d * scale_codes[group], dmin * minimum_codes[group], search.highest, codes + 32 * group);
  }
  put_scales_and_minima(scale_codes, minimum_codes, out + 4);
}

}  // namespace

void to_q2_k(const float* x, Byte* out) {
  Codes codes;
  float scales[16], minima[16];
  for (int group = 0; group < 16; ++group) {
    const std::span<const float> values(x + 16 * group, 16);
    float weights[16];
    std::ranges::transform(values, weights, [](float v) { return std::abs(v); });
    const LineFit line = fit_line(values, weights, {3, -0.5f, 15, false}, codes + 16 * group);
    scales[group] = line.scale;
    minima[group] = line.minus_minimum;
  }
  const float max_scale = largest_or_zero(scales), max_minimum = largest_or_zero(minima);
  const float inverse_scale = max_scale > 0 ? 15 / max_scale : 0;
  const float inverse_minimum = max_minimum > 0 ? 15 / max_minimum : 0;
  const float d = put_f16(out + 80, max_scale / 15), dmin = put_f16(out + 82, max_minimum / 15);
  for (int group = 0; group < 16; ++group) {
    out[group] = static_cast<Byte>(nearest_whole(inverse_scale * scales[group]) |
                                   nearest_whole(inverse_minimum * minima[group]) << 4);
    recode(x + 16 * group, 16, d * static_cast<float>(out[group] & 0xf), dmin * static_cast<float>(out[group] >> 4), 3,
           codes + 16 * group);
  }
  put_pairs(codes, out + 16);
}

void to_q3_k(const float* x, Byte* out) {
  Codes codes;
  float scales[16];
  for (int group = 0; group < 16; ++group) {
    scales[group] = fit_centred_moving({x + 16 * group, 16}, 4, codes + 16 * group);
  }
  const float largest = extreme(scales);
  const float inverse = largest != 0 ? -32 / largest : 0;
  const float d = put_f16(out + 108, largest != 0 ? 1 / inverse : 0);
  Byte* packed = out + 96;
  std::fill_n(packed, 12, Byte{0});
  for (int group = 0; group < 16; ++group) {
    // Zeros alone keep the code that means -32: their scale is zero anyway.
    const int code = largest != 0 ? std::clamp(nearest_whole(inverse * scales[group]), -32, 31) + 32 : 0;
    packed[group % 8] = static_cast<Byte>(packed[group % 8] | (code & 0xf) << (group / 8 * 4));
    packed[8 + group % 4] = static_cast<Byte>(packed[8 + group % 4] | code >> 4 << (group / 4 * 2));
    recode_centred(x + 16 * group, 16, d * static_cast<float>(code - 32), 4, codes + 16 * group);
  }
  put_bits(codes, 2, out);
  put_pairs(codes, out + 32);
}

void to_q4_k(const float* x, Byte* out) {
  Codes codes;
  fit_groups_of_32(x, {15, -1.0f, 20, true}, codes, out);
  put_nibbles(codes, out + 16);
}

void to_q5_k(const float* x, Byte* out) {
  Codes codes;
  fit_groups_of_32(x, {31, -0.5f, 15, true}, codes, out);
  put_bits(codes, 4, out + 16);
  put_nibbles(codes, out + 48);
}

void to_q6_k(const float* x, Byte* out) {
  Codes codes;
  float scales[16];
  for (int group = 0; group < 16; ++group) {
    scales[group] = fit_centred({x + 16 * group, 16}, 32, codes + 16 * group);
  }
  const float largest = extreme(scales);
  if (std::abs(largest) < kAllZero) return static_cast<void>(std::fill_n(out, 210, Byte{0}));
  const float inverse = -128 / largest;
  const float d = put_f16(out + 208, 1 / inverse);
  for (int group = 0; group < 16; ++group) {
    const auto scale = static_cast<std::int8_t>(std::min(127, nearest_whole(inverse * scales[group])));
    out[192 + group] = static_cast<Byte>(scale);
    recode_centred(x + 16 * group, 16, d * static_cast<float>(scale), 32, codes + 16 * group);
  }
  for (int i = 0; i < 128; ++i) {
    const Byte* c = codes + i / 64 * 128 + i % 64;
    out[i] = static_cast<Byte>((c[0] & 0xf) | (c[64] & 0xf) << 4);
  }
  for (int i = 0; i < 64; ++i) {
    const Byte* c = codes + i / 32 * 128 + i % 32;
    out[128 + i] = static_cast<Byte>(c[0] >> 4 | c[32] >> 4 << 2 | c[64] >> 4 << 4 | c[96] >> 4 << 6);
  }
}

}  // namespace pxf::block
