#include <bit>
#include <cmath>

#include "tensor/block_decoders.h"

namespace pxf::block {
namespace {

/// 16 bytes as 32 codes: the low halves of all, then the high halves.
template <class Value>
void nibbles(const Byte* codes, float* out, Value value) {
  for (int i = 0; i < 16; ++i) {
    out[i] = value(i, codes[i] & 0xf);
    out[i + 16] = value(i + 16, codes[i] >> 4);
  }
}

/// 4-bit codes whose fifth bit stands in a word of 32.
template <class Value>
void five_bits(const Byte* high, const Byte* codes, float* out, Value value) {
  const auto bits = load<std::uint32_t>(high);
  nibbles(codes, out, [&](int i, int code) { return value(code | static_cast<int>(bits >> i & 1) << 4); });
}

/// Twice the values of FP4 E2M1: sign, two bits of exponent, one of mantissa.
constexpr float kTwiceE2m1[16] = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};

/// 2^(code - 128), half of what E8M0 means: the codes above are doubled. The two lowest are subnormal.
float half_of_e8m0(Byte code) {
  return std::bit_cast<float>(code < 2 ? 0x00200000u << code : static_cast<std::uint32_t>(code - 1) << 23);
}

/// Half of an E4M3 whose sign is ignored; 0x7f counts as zero.
float half_of_ue4m3(Byte code) {
  const int exponent = code >> 3 & 0xf, mantissa = code & 7;
  if (code == 0x7f) return 0;
  return exponent == 0 ? std::ldexp(static_cast<float>(mantissa), -10)
                       : std::ldexp(static_cast<float>(8 + mantissa), exponent - 11);
}

}  // namespace

// f16 d, 128 bits: d or -d.
void q1_0(const Byte* b, float* out) {
  const float d = f16(b);
  for (int i = 0; i < 128; ++i) out[i] = b[2 + i / 8] >> (i % 8) & 1 ? d : -d;
}

// f16 d, 16 bytes of codes: d (q - 8).
void q4_0(const Byte* b, float* out) {
  const float d = f16(b);
  nibbles(b + 2, out, [d](int, int q) { return d * static_cast<float>(q - 8); });
}

// f16 d, f16 m, 16 bytes of codes: d q + m.
void q4_1(const Byte* b, float* out) {
  const float d = f16(b), m = f16(b + 2);
  nibbles(b + 4, out, [d, m](int, int q) { return d * static_cast<float>(q) + m; });
}

// f16 d, 32 fifth bits, 16 bytes of codes: d (q - 16).
void q5_0(const Byte* b, float* out) {
  const float d = f16(b);
  five_bits(b + 2, b + 6, out, [d](int q) { return d * static_cast<float>(q - 16); });
}

// f16 d, f16 m, 32 fifth bits, 16 bytes of codes: d q + m.
void q5_1(const Byte* b, float* out) {
  const float d = f16(b), m = f16(b + 2);
  five_bits(b + 4, b + 8, out, [d, m](int q) { return d * static_cast<float>(q) + m; });
}

// f16 d, 32 signed bytes: d q.
void q8_0(const Byte* b, float* out) {
  const float d = f16(b);
  for (int i = 0; i < 32; ++i) out[i] = d * static_cast<float>(static_cast<std::int8_t>(b[2 + i]));
}

// f16 d, 16 bytes of codes into a table.
void iq4_nl(const Byte* b, float* out) {
  const float d = f16(b);
  nibbles(b + 2, out, [d](int, int q) { return d * kNonLinear[q]; });
}

// E8M0 scale, 16 bytes of FP4 codes (OCP Microscaling Formats 1.0).
void mxfp4(const Byte* b, float* out) {
  const float d = half_of_e8m0(b[0]);
  nibbles(b + 1, out, [d](int, int q) { return d * kTwiceE2m1[q]; });
}

// Four E4M3 scales, then 8 bytes of FP4 codes for each: low halves, high halves.
void nvfp4(const Byte* b, float* out) {
  for (int part = 0; part < 4; ++part) {
    const float d = half_of_ue4m3(b[part]);
    const Byte* codes = b + 4 + 8 * part;
    for (int i = 0; i < 8; ++i) {
      out[16 * part + i] = d * kTwiceE2m1[codes[i] & 0xf];
      out[16 * part + i + 8] = d * kTwiceE2m1[codes[i] >> 4];
    }
  }
}

}  // namespace pxf::block
