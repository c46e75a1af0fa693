#include <algorithm>
#include <cmath>

#include "tensor/block_encoders.h"

namespace pxf::block {
namespace {

constexpr int kElements = 32;

/// Cut to a whole number, within limits also for what is no number.
int code_of(float value, int highest) {
  const float at_least = value > 0 ? value : 0;
  return static_cast<int>(std::min(at_least, static_cast<float>(highest)));
}

float inverse(float d) { return d == 0 ? 0 : 1 / d; }

/// The element of the largest magnitude, with its sign; the first of equal ones.
float extreme(const float* x) {
  float best = x[0];
  for (int i = 1; i < kElements; ++i) {
    best = std::abs(x[i]) > std::abs(best) ? x[i] : best;
  }
  return best;
}

/// Low four bits of the codes: of the first half of the elements low, of the second half high.
void put_nibbles(const int* codes, Byte* out) {
  for (int i = 0; i < 16; ++i) out[i] = static_cast<Byte>((codes[i] & 0xf) | (codes[i + 16] & 0xf) << 4);
}

/// The fifth bits, one for each element.
void put_fifth_bits(const int* codes, Byte* out) {
  std::uint32_t bits = 0;
  for (int i = 0; i < kElements; ++i) bits |= static_cast<std::uint32_t>(codes[i] >> 4) << i;
  std::memcpy(out, &bits, sizeof bits);
}

/// Codes around a zero at `middle`, the largest magnitude at code 0. Gives d.
float centred(const float* x, int middle, int* codes) {
  const float d = extreme(x) / static_cast<float>(-middle);
  const float id = inverse(d);
  for (int i = 0; i < kElements; ++i) {
    codes[i] = code_of(x[i] * id + (static_cast<float>(middle) + 0.5f), 2 * middle - 1);
  }
  return d;
}

struct Line {
  float d, minimum;
};

/// Codes from the smallest element to the largest.
Line spread(const float* x, int highest, int* codes) {
  float low = x[0], high = x[0];
  for (int i = 1; i < kElements; ++i) {
    low = std::min(low, x[i]);
    high = std::max(high, x[i]);
  }
  const float d = (high - low) / static_cast<float>(highest);
  const float id = inverse(d);
  for (int i = 0; i < kElements; ++i) codes[i] = code_of((x[i] - low) * id + 0.5f, highest);
  return {d, low};
}

}  // namespace

void to_q4_0(const float* x, Byte* out) {
  int codes[kElements];
  put_f16(out, centred(x, 8, codes));
  put_nibbles(codes, out + 2);
}

void to_q4_1(const float* x, Byte* out) {
  int codes[kElements];
  const auto [d, minimum] = spread(x, 15, codes);
  put_f16(out, d);
  put_f16(out + 2, minimum);
  put_nibbles(codes, out + 4);
}

void to_q5_0(const float* x, Byte* out) {
  int codes[kElements];
  put_f16(out, centred(x, 16, codes));
  put_fifth_bits(codes, out + 2);
  put_nibbles(codes, out + 6);
}

void to_q5_1(const float* x, Byte* out) {
  int codes[kElements];
  const auto [d, minimum] = spread(x, 31, codes);
  put_f16(out, d);
  put_f16(out + 2, minimum);
  put_fifth_bits(codes, out + 4);
  put_nibbles(codes, out + 8);
}

// Rounds halves away from zero.
void to_q8_0(const float* x, Byte* out) {
  float largest = 0;
  for (int i = 0; i < kElements; ++i) largest = std::max(largest, std::abs(x[i]));
  const float d = largest / 127;
  const float id = inverse(d);
  put_f16(out, d);
  for (int i = 0; i < kElements; ++i) {
    const float magnitude = std::abs(x[i] * id);
    // An f32 times its own inverse may pass by a bit; what is not a number becomes 127 too.
    const auto whole = static_cast<int>(magnitude < 127.0f ? magnitude : 127.0f);
    const int rounded = whole + (magnitude - static_cast<float>(whole) >= 0.5f && whole < 127 ? 1 : 0);
    out[2 + i] = static_cast<Byte>(x[i] * id < 0 ? -rounded : rounded);
  }
}

}  // namespace pxf::block
