#include "tensor/block_decoders.h"

namespace pxf::block {
namespace {

/// Eight 6-bit scales and eight 6-bit minima in 12 bytes: the low six bits of scales 0-3, of minima 0-3, then four bits
/// each of scale and minimum 4-7, whose upper two bits fill up the first eight bytes.
struct ScalesAndMinima {
  explicit ScalesAndMinima(const Byte* s) {
    for (int i = 0; i < 4; ++i) {
      scale[i] = static_cast<float>(s[i] & 0x3f);
      minimum[i] = static_cast<float>(s[4 + i] & 0x3f);
      scale[4 + i] = static_cast<float>((s[8 + i] & 0xf) | (s[i] >> 2 & 0x30));
      minimum[4 + i] = static_cast<float>(s[8 + i] >> 4 | (s[4 + i] >> 2 & 0x30));
    }
  }
  float scale[8], minimum[8];
};

/// One of three values in each base-3 digit of a byte, the highest first: byte / 256 is the number 0.ddddd.
float ternary(Byte byte, int digit) {
  constexpr Byte kPowers[5] = {1, 3, 9, 27, 81};
  const auto shifted = static_cast<Byte>(byte * kPowers[digit]);
  return static_cast<float>((shifted * 3 >> 8) - 1);
}

}  // namespace

// 16 bytes (4-bit scale, 4-bit minimum for each 16 elements), 64 bytes of 2-bit codes, f16 d, f16 dmin.
void q2_k(const Byte* b, float* out) {
  const Byte* codes = b + 16;
  const float d = f16(b + 80), dmin = f16(b + 82);
  for (int i = 0; i < 256; ++i) {
    const Byte scales = b[i / 16];
    const float dl = d * static_cast<float>(scales & 0xf), ml = dmin * static_cast<float>(scales >> 4);
    const int q = codes[i / 128 * 32 + i % 32] >> (i / 32 % 4 * 2) & 3;
    out[i] = dl * static_cast<float>(q) - ml;
  }
}

// 32 bytes of third bits (0 means -4), 64 bytes of 2-bit codes, 16 6-bit scales in 12 bytes, f16 d.
void q3_k(const Byte* b, float* out) {
  const Byte *codes = b + 32, *packed = b + 96;
  const float d = f16(b + 108);
  for (int i = 0; i < 256; ++i) {
    const int s = i / 16;
    const int low = packed[s % 8] >> (s / 8 * 4) & 0xf, high = packed[8 + s % 4] >> (s / 4 * 2) & 3;
    const float dl = d * static_cast<float>((low | high << 4) - 32);
    const int q = codes[i / 128 * 32 + i % 32] >> (i / 32 % 4 * 2) & 3;
    const bool third = b[i % 32] >> (i / 32) & 1;
    out[i] = dl * static_cast<float>(third ? q : q - 4);
  }
}

// f16 d, f16 dmin, 12 bytes of scales and minima for each 32 elements, 128 bytes of 4-bit codes.
void q4_k(const Byte* b, float* out) {
  const float d = f16(b), dmin = f16(b + 2);
  const ScalesAndMinima s(b + 4);
  const Byte* codes = b + 16;
  for (int i = 0; i < 256; ++i) {
    const int q = codes[i / 64 * 32 + i % 32] >> (i / 32 % 2 * 4) & 0xf;
    out[i] = d * s.scale[i / 32] * static_cast<float>(q) - dmin * s.minimum[i / 32];
  }
}

// As q4_k, with 32 bytes of fifth bits before the codes.
void q5_k(const Byte* b, float* out) {
  const float d = f16(b), dmin = f16(b + 2);
  const ScalesAndMinima s(b + 4);
  const Byte *fifth = b + 16, *codes = b + 48;
  for (int i = 0; i < 256; ++i) {
    const int low = codes[i / 64 * 32 + i % 32] >> (i / 32 % 2 * 4) & 0xf;
    const int q = low | (fifth[i % 32] >> (i / 32) & 1) << 4;
    out[i] = d * s.scale[i / 32] * static_cast<float>(q) - dmin * s.minimum[i / 32];
  }
}

// 128 bytes of low 4 bits, 64 bytes of high 2 bits, 16 signed scales, f16 d.
void q6_k(const Byte* b, float* out) {
  const Byte *low = b, *high = b + 128, *scales = b + 192;
  const float d = f16(b + 208);
  for (int i = 0; i < 256; ++i) {
    const int l = low[i / 128 * 64 + i % 64] >> (i / 64 % 2 * 4) & 0xf;
    const int h = high[i / 128 * 32 + i % 32] >> (i / 32 % 4 * 2) & 3;
    const float dl = d * static_cast<float>(static_cast<std::int8_t>(scales[i / 16]));
    out[i] = dl * static_cast<float>((l | h << 4) - 32);
  }
}

// f32 d, 256 signed bytes, 16 sums of them that dot products use.
void q8_k(const Byte* b, float* out) {
  const float d = load<float>(b);
  for (int i = 0; i < 256; ++i) out[i] = d * static_cast<float>(static_cast<std::int8_t>(b[4 + i]));
}

// 48 bytes of five digits and 4 bytes of four digits in base 3, f16 d. The first 32 bytes hold 160 elements: first
// digits of all, second digits of all ...; then 16 bytes hold 80, and 4 bytes 16.
void tq1_0(const Byte* b, float* out) {
  const float d = f16(b + 52);
  for (int i = 0; i < 160; ++i) out[i] = d * ternary(b[i % 32], i / 32);
  for (int i = 0; i < 80; ++i) out[160 + i] = d * ternary(b[32 + i % 16], i / 16);
  for (int i = 0; i < 16; ++i) out[240 + i] = d * ternary(b[48 + i % 4], i / 4);
}

// 64 bytes of 2-bit codes, f16 d.
void tq2_0(const Byte* b, float* out) {
  const float d = f16(b + 64);
  for (int i = 0; i < 256; ++i) out[i] = d * static_cast<float>((b[i / 128 * 32 + i % 32] >> (i / 32 % 4 * 2) & 3) - 1);
}

}  // namespace pxf::block
