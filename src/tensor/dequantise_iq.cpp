#include <bit>

#include "tensor/block_decoders.h"
#include "tensor/iq_grids.h"

namespace pxf::block {
namespace {

constexpr float kIq2Values[4] = {8, 25, 43, 0};  // no grid uses the fourth
constexpr float kIq3XxsValues[8] = {4, 12, 20, 28, 36, 44, 52, 62};
constexpr float kIq3SValues[8] = {1, 3, 5, 7, 9, 11, 13, 15};
constexpr float kIq1Delta = 0.125f;

/// The signs of eight elements in seven bits: the number of minus signs is even.
int eight_signs(std::uint32_t seven) { return static_cast<int>(seven | (std::popcount(seven) & 1u) << 7); }

/// N elements of a grid point, `Bits` each: scale * value, negated where `signs` has a bit.
template <int N>
void put(std::uint16_t point, const float* values, float scale, int signs, float* out) {
  constexpr int kBits = 16 / N;
  for (int i = 0; i < N; ++i) {
    const float v = scale * values[point >> (kBits * i) & (N == 8 ? 3 : 7)];
    out[i] = signs >> i & 1 ? -v : v;
  }
}

/// Eight elements of iq1: scale * (-1, 0 or 1, plus delta).
void put_iq1(std::uint16_t point, float scale, float delta, float* out) {
  for (int i = 0; i < 8; ++i) out[i] = scale * (static_cast<float>((point >> (2 * i) & 3) - 1) + delta);
}

/// d (0.5 + s) / 4 and d (0.5 + s) / 2, multiplied in the reference's order.
float quarter(float d, int s) { return d * (0.5f + static_cast<float>(s)) * 0.25f; }
float half(float d, int s) { return d * (0.5f + static_cast<float>(s)) * 0.5f; }
int nibble(const Byte* bytes, int i) { return bytes[i / 2] >> (i % 2 * 4) & 0xf; }

}  // namespace

// f16 d, then for each 32 elements: four point numbers, and a word of four times seven signs and a 4-bit scale.
void iq2_xxs(const Byte* b, float* out) {
  const float d = f16(b);
  for (int part = 0; part < 8; ++part) {
    const Byte* points = b + 2 + 8 * part;
    const auto word = load<std::uint32_t>(points + 4);
    const float scale = quarter(d, static_cast<int>(word >> 28));
    for (int i = 0; i < 4; ++i, out += 8) {
      put<8>(kGridIq2Xxs[points[i]], kIq2Values, scale, eight_signs(word >> (7 * i) & 0x7f), out);
    }
  }
}

// f16 d, 32 words (9 bits of point number, 7 signs), a 4-bit scale for each 16 elements.
void iq2_xs(const Byte* b, float* out) {
  const float d = f16(b);
  for (int i = 0; i < 32; ++i, out += 8) {
    const auto word = load<std::uint16_t>(b + 2 + 2 * i);
    put<8>(kGridIq2Xs[word & 511], kIq2Values, quarter(d, nibble(b + 66, i / 2)), eight_signs(word >> 9), out);
  }
}

// f16 d, 32 low bytes of point numbers, 32 bytes of signs, 8 bytes of their high 2 bits, a 4-bit scale for each 16.
void iq2_s(const Byte* b, float* out) {
  const float d = f16(b);
  for (int i = 0; i < 32; ++i, out += 8) {
    const int point = b[2 + i] | (b[66 + i / 4] >> (i % 4 * 2) & 3) << 8;
    put<8>(kGridIq2S[point], kIq2Values, quarter(d, nibble(b + 74, i / 2)), b[34 + i], out);
  }
}

// f16 d, 64 point numbers, then for each 32 elements a word of four times seven signs and a 4-bit scale.
void iq3_xxs(const Byte* b, float* out) {
  const float d = f16(b);
  for (int i = 0; i < 64; ++i, out += 4) {
    const auto word = load<std::uint32_t>(b + 66 + i / 8 * 4);
    const int signs = eight_signs(word >> (i / 2 % 4 * 7) & 0x7f) >> (i % 2 * 4);
    put<4>(kGridIq3Xxs[b[2 + i]], kIq3XxsValues, half(d, static_cast<int>(word >> 28)), signs, out);
  }
}

// f16 d, 64 low bytes of point numbers, 8 bytes of their ninth bits, 32 bytes of signs, a 4-bit scale for each 32.
void iq3_s(const Byte* b, float* out) {
  const float d = f16(b);
  for (int i = 0; i < 64; ++i, out += 4) {
    const int point = b[2 + i] | (b[66 + i / 8] >> (i % 8) & 1) << 8;
    const float scale = d * static_cast<float>(1 + 2 * nibble(b + 106, i / 8));
    put<4>(kGridIq3S[point], kIq3SValues, scale, b[74 + i / 2] >> (i % 2 * 4), out);
  }
}

// f16 d, 32 low bytes of point numbers, then for each 32 elements a word: four times their high 3 bits, a 3-bit scale,
// the sign of delta.
void iq1_s(const Byte* b, float* out) {
  const float d = f16(b);
  for (int i = 0; i < 32; ++i, out += 8) {
    const auto word = load<std::uint16_t>(b + 34 + i / 4 * 2);
    const int point = b[2 + i] | (word >> (i % 4 * 3) & 7) << 8;
    const float scale = d * static_cast<float>(2 * (word >> 12 & 7) + 1);
    put_iq1(kGridIq1[point], scale, word & 0x8000 ? -kIq1Delta : kIq1Delta, out);
  }
}

// 32 low bytes of point numbers, a nibble for each (their high 3 bits, the sign of delta), four words: twelve bits of
// 3-bit scales for 16 elements each, four bits of the f16 d.
void iq1_m(const Byte* b, float* out) {
  std::uint16_t d_bits = 0;
  for (int i = 0; i < 4; ++i)
    d_bits |= static_cast<std::uint16_t>(load<std::uint16_t>(b + 48 + 2 * i) >> 12 << (4 * i));
  const float d = f32_from_f16(d_bits);
  for (int i = 0; i < 32; ++i, out += 8) {
    const int high = nibble(b + 32, i);
    const int scale = load<std::uint16_t>(b + 48 + i / 8 * 2) >> (i / 2 % 4 * 3) & 7;
    put_iq1(kGridIq1[b[i] | (high & 7) << 8], d * static_cast<float>(2 * scale + 1), high & 8 ? -kIq1Delta : kIq1Delta,
            out);
  }
}

// f16 d, a word of eight 2-bit and 4 bytes of eight 4-bit parts of 6-bit scales, 128 bytes of codes into a table.
void iq4_xs(const Byte* b, float* out) {
  const float d = f16(b);
  const auto high = load<std::uint16_t>(b + 2);
  for (int part = 0; part < 8; ++part, out += 32) {
    const int scale = (nibble(b + 4, part) | (high >> (2 * part) & 3) << 4) - 32;
    const float dl = d * static_cast<float>(scale);
    const Byte* codes = b + 8 + 16 * part;
    for (int i = 0; i < 16; ++i) {
      out[i] = dl * kNonLinear[codes[i] & 0xf];
      out[i + 16] = dl * kNonLinear[codes[i] >> 4];
    }
  }
}

}  // namespace pxf::block
