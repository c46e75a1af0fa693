// Quantising against ggml: whole rows by a checksum of what its reference gives, errors by the table of what it
// reaches.
#include "tensor/quantise.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "base/error.h"
#include "base/half.h"
#include "tensor/dequantise.h"
#include "tensor/narrow.h"
#include "tensor/widen.h"

namespace pxf {
namespace {

using testing::HasSubstr;

/// Values without a library's random numbers: what another program can make again. Groups of many sorts: like weights,
/// positive ones, tiny ones, with zeros, all zero, one outlier, on a coarse grid.
std::vector<float> sample(std::size_t count) {
  std::vector<float> out(count);
  std::uint64_t state = 1;
  const auto uniform = [&state] {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return static_cast<float>(static_cast<std::int32_t>(state >> 40) - (1 << 23)) * 0x1p-23f;
  };
  for (std::size_t i = 0; i < count; ++i) {
    const float bell = (uniform() + uniform() + uniform()) * 0.03125f;
    switch (i / 256 % 8) {
      case 1: out[i] = std::abs(bell); break;
      case 2: out[i] = bell * 0x1p-20f; break;
      case 3: out[i] = i % 64 < 40 ? 0 : bell; break;
      case 4: out[i] = 0; break;
      case 5: out[i] = i % 256 == 77 ? 8 : bell; break;
      case 6: out[i] = std::round(bell * 256) * 0.0078125f; break;
      case 7: out[i] = bell + 0.5f; break;
      default: out[i] = bell;
    }
  }
  return out;
}

std::vector<std::byte> quantised(std::span<const float> values, DType dtype) {
  std::vector<std::byte> out(bytes_of(dtype, std::ssize(values)).value());
  quantise(values, dtype, out);
  return out;
}

/// FNV-1a.
std::uint64_t checksum(Bytes bytes) {
  std::uint64_t hash = 14695981039346656037u;
  for (const std::byte b : bytes) hash = (hash ^ static_cast<std::uint8_t>(b)) * 1099511628211u;
  return hash;
}

struct Reference {
  DType dtype;
  std::uint64_t checksum;  // of what ggml's quantize_row_*_ref writes for sample(16384)
  double error;            // root mean square of the difference from the values, over that of the values
};
constexpr Reference kReferences[] = {
    {DType::q4_0, 0xa4e834abf553f2c8, 0.0806}, {DType::q4_1, 0xeae062533a01d73b, 0.0744},
    {DType::q5_0, 0x559a49d8070056dd, 0.0397}, {DType::q5_1, 0xe21773745f2dde7a, 0.0363},
    {DType::q8_0, 0x126e8af780025b3e, 0.0049}, {DType::q2_k, 0xf2df500c4f9e4306, 0.2901},
    {DType::q3_k, 0x3a92c4c4b70f3e18, 0.1448}, {DType::q4_k, 0x7ede86786f7d15fb, 0.0680},
    {DType::q5_k, 0xf3b91306f8455c04, 0.0346}, {DType::q6_k, 0xeb5cdf2bfe297f6c, 0.0170},
};

TEST(Quantise, GivesTheBytesOfTheReference) {
  const std::vector<float> values = sample(16384);
  for (const Reference& want : kReferences) {
    EXPECT_EQ(checksum(quantised(values, want.dtype)), want.checksum) << name_of(want.dtype);
  }
}

TEST(Quantise, ComesBackAsCloseAsTheTypeAllows) {
  std::vector<float> values = sample(256 * 256);
  std::erase_if(values, [i = 0](float) mutable { return i++ / 256 % 8 != 0; });  // those like weights
  for (const auto& [dtype, sum, error] : kReferences) {
    std::vector<float> back(values.size());
    dequantise(quantised(values, dtype), dtype, back);
    double difference = 0, all = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
      difference += std::pow(values[i] - back[i], 2);
      all += std::pow(values[i], 2);
    }
    EXPECT_NEAR(std::sqrt(difference / all), error, 0.0005) << name_of(dtype);
  }
}

TEST(Quantise, WhatIsNotFiniteEndsTheProgramNowhere) {
  for (const float strange : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
                              -std::numeric_limits<float>::infinity(), std::numeric_limits<float>::max(),
                              std::numeric_limits<float>::denorm_min()}) {
    std::vector<float> values = sample(256);
    values[100] = strange;
    for (const Reference& each : kReferences) EXPECT_FALSE(quantised(values, each.dtype).empty());
  }
}

TEST(Quantise, RefusesPartsOfBlocksAndTypesItLacks) {
  std::vector<float> values(48);
  std::vector<std::byte> out(34);
  const auto refusal = [&](DType dtype, std::size_t count) {
    const auto result = catch_errors([&] { return quantise(std::span(values).first(count), dtype, out), true; });
    return result.ok() ? "it passed" : result.error().message;
  };
  EXPECT_EQ(refusal(DType::q8_0, 32), "it passed");
  EXPECT_THAT(refusal(DType::q8_0, 48), HasSubstr("need whole blocks of 32 in 34"));
  EXPECT_THAT(refusal(DType::q4_0, 32), HasSubstr("got room for 34 bytes"));
  EXPECT_THAT(refusal(DType::iq4_nl, 32), HasSubstr("there is no quantiser for it"));
}

/// Every code widened and narrowed again is the same code, but for the many NaNs.
template <class Code>
void expect_codes_survive(float (*widen)(Code), Code (*narrow)(float)) {
  for (std::uint32_t i = 0; i <= std::numeric_limits<Code>::max(); ++i) {
    const auto code = static_cast<Code>(i);
    const float value = widen(code);
    if (std::isnan(value)) {
      EXPECT_TRUE(std::isnan(widen(narrow(value)))) << i;
    } else {
      EXPECT_EQ(narrow(value), code) << i;
    }
  }
}

TEST(Narrow, EveryCodeSurvives) {
  expect_codes_survive<std::uint16_t>(f32_from_f16, f16_from_f32);
  expect_codes_survive<std::uint16_t>(f32_from_bf16, bf16_from_f32);
  expect_codes_survive<std::uint8_t>(f32_from_f8_e4m3, f8_e4m3_from_f32);
  expect_codes_survive<std::uint8_t>(f32_from_f8_e5m2, f8_e5m2_from_f32);
}

// By PyTorch 2.15: Tensor.to() of these on a CPU.
TEST(Narrow, RoundsToTheNearestAndTiesToEven) {
  for (const auto& [value, code] : {std::pair{0x1p-10f, 0},
                                    {0x1p-9f, 1},
                                    {0x1.8p-9f, 2},
                                    {0x1.0002p-10f, 1},
                                    {448.0f, 126},
                                    {465.0f, 126},
                                    {1e6f, 126},
                                    {-1e6f, 254},
                                    {-0.0f, 128}}) {
    EXPECT_EQ(f8_e4m3_from_f32(value), code) << value;
  }
  for (const auto& [value, code] : {std::pair{0x1p-17f, 0},
                                    {0x1p-16f, 1},
                                    {0x1.8p-16f, 2},
                                    {57344.0f, 123},
                                    {61439.0f, 123},
                                    {61440.0f, 124},
                                    {-1e6f, 252},
                                    {-0.0f, 128}}) {
    EXPECT_EQ(f8_e5m2_from_f32(value), code) << value;
  }
  for (const auto& [value, code] : {std::pair{0x1p-25f, 0},
                                    {0x1.8p-24f, 2},
                                    {65519.0f, 0x7bff},
                                    {65520.0f, 0x7c00},
                                    {1.00048828125f, 0x3c00},
                                    {1.00146484375f, 0x3c02}}) {
    EXPECT_EQ(f16_from_f32(value), code) << value;
  }
  EXPECT_EQ(bf16_from_f32(std::bit_cast<float>(0x3f808000u)), 0x3f80);
  EXPECT_EQ(bf16_from_f32(std::bit_cast<float>(0x3f818000u)), 0x3f82);
  EXPECT_EQ(bf16_from_f32(std::numeric_limits<float>::max()), 0x7f80);
  EXPECT_EQ(bf16_from_f32(-std::numeric_limits<float>::infinity()), 0xff80);
}

TEST(Narrow, WritesAnyPlainTypeAtAnyAlignment) {
  const std::vector<float> values{0, 1, -2, 0.5f, 448};
  for (const DType dtype : {DType::f32, DType::f16, DType::bf16, DType::f8_e4m3, DType::f8_e5m2}) {
    std::vector<std::byte> out(1 + values.size() * size_of(dtype));
    narrow_from_f32(values, dtype, std::span(out).subspan(1));
    std::vector<float> back(values.size());
    widen_to_f32(Bytes(out).subspan(1), dtype, back);
    if (dtype == DType::f8_e5m2) {
      EXPECT_EQ(back, (std::vector<float>{0, 1, -2, 0.5f, 448}));
    } else {
      EXPECT_EQ(back, values);
    }
  }
  std::vector<std::byte> out(20);
  EXPECT_FALSE(catch_errors([&] { return narrow_from_f32(values, DType::f64, out), true; }).ok());
  EXPECT_FALSE(can_narrow_to(DType::i8));
}

}  // namespace
}  // namespace pxf
