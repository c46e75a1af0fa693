// Every op on every backend and instruction set of this machine, over shapes that real models have and shapes that
// break kernels (one pixel, one channel, ends that fill no vector), against the scalar reference.
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <functional>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "backends/cpu/kernels.h"
#include "ops/arrange.h"
#include "ops/attention.h"
#include "ops/conv2d.h"
#include "ops/elementwise.h"
#include "ops/linear.h"
#include "ops/norm.h"
#include "support.h"
#include "tensor/narrow.h"

namespace pxf {
namespace {

using test::Computer;

struct Machine {
  std::string backend;
  std::string instructions;  // of the cpu backend
};

std::vector<Machine> machines() {
  std::vector<Machine> all;
  for (const Backend* backend : all_backends()) {
    if (std::string_view(backend->name) != "cpu") {
      all.push_back({backend->name, ""});
      continue;
    }
    for (const std::string& set : cpu_instruction_sets()) all.push_back({"cpu", set});
  }
  return all;
}

std::vector<float> random_values(std::int64_t count, unsigned seed, float spread = 1) {
  std::mt19937 engine(seed);
  std::normal_distribution<float> normal(0, spread);
  std::vector<float> out(static_cast<std::size_t>(count));
  for (float& v : out) v = normal(engine);
  return out;
}

std::vector<float> run_on(const Machine& machine, int threads, const std::function<Tensor(Context&)>& op) {
  use_instruction_set(machine.instructions);
  Computer computer(machine.backend, threads);
  const Tensor out = op(computer.ctx);
  const std::span<const float> values = out.span<float>();
  return {values.begin(), values.end()};
}

// An op is a function of the context that makes its inputs anew (weights are packed for one instruction set).
class Conformance : public testing::TestWithParam<Machine> {
 protected:
  void TearDown() override { use_instruction_set(""); }

  // Relative to the largest value: a sum of thousands of terms is off by that, whichever way it is added up.
  void agree(const std::function<Tensor(Context&)>& op, double tolerance) {
    const std::vector<float> want = run_on({"reference", ""}, 2, op);
    const std::vector<float> got = run_on(GetParam(), 2, op);
    ASSERT_EQ(got.size(), want.size());
    double largest = 1e-3, worst = 0;
    for (const float v : want) largest = std::max(largest, static_cast<double>(std::abs(v)));
    for (std::size_t i = 0; i < want.size(); ++i) {
      const double away = std::abs(static_cast<double>(got[i]) - want[i]);
      worst = std::isnan(away) ? 1e30 : std::max(worst, away);
    }
    EXPECT_LE(worst / largest, tolerance) << "largest value " << largest;
    EXPECT_EQ(run_on(GetParam(), 1, op), got) << "1 and 2 threads differ";
    EXPECT_EQ(run_on(GetParam(), 5, op), got) << "5 and 2 threads differ";
  }
};

TEST_P(Conformance, Linear) {
  struct Case {
    std::int64_t rows, in, out;
    bool bias;
  };
  for (const Case& c : {Case{1, 1, 1, true},
                        {1, 320, 1280, true},
                        {7, 13, 17, true},
                        {77, 768, 320, false},
                        {200, 300, 33, true},
                        {6, 1024, 16, false},
                        {193, 257, 64, true},
                        {3, 5, 2, true}}) {
    SCOPED_TRACE(testing::Message() << c.rows << " x " << c.in << " -> " << c.out);
    agree(
        [&](Context& ctx) {
          const Weight weight = Weight::of(random_values(c.out * c.in, 1), {c.out, c.in});
          const Weight bias = Weight::of(random_values(c.out, 2), {c.out});
          const Tensor x = ctx.from(random_values(c.rows * c.in, 3), {c.rows, c.in});
          return linear(x, weight, c.bias ? &bias : nullptr);
        },
        3e-6);
  }
}

TEST_P(Conformance, LinearOfHalfPrecisionWeights) {
  agree(
      [&](Context& ctx) {
        auto halves = std::make_shared<std::vector<std::uint16_t>>(40 * 33);
        for (std::size_t i = 0; i < halves->size(); ++i) {
          // Every exponent but infinity's, zero and subnormals among them.
          (*halves)[i] = static_cast<std::uint16_t>((i * 2654435761u >> 7) % 0x4000 | (i % 2 << 15));
        }
        const Weight weight(std::as_bytes(std::span(*halves)), DType::f16, {40, 33}, halves, {});
        return linear(ctx.from(random_values(5 * 33, 3), {5, 33}), weight, nullptr);
      },
      3e-6);
}

// The same values as halves and as f32: panels keep halves as they are, which must not show, not in the last bit.
TEST_P(Conformance, HalvesGiveTheBytesThatTheirValuesGive) {
  for (const DType dtype : {DType::f16, DType::bf16}) {
    for (const std::int64_t kernel : {1, 3}) {
      SCOPED_TRACE(testing::Message() << name_of(dtype) << ", kernel " << kernel);
      const Shape shape{80, 288, kernel, kernel};  // of several slices, Winograd's among them
      auto halves = std::make_shared<std::vector<std::byte>>(static_cast<std::size_t>(shape.numel()) * 2 + 1);
      const std::span<std::byte> odd = std::span(*halves).subspan(1);  // as a file may hold them
      narrow_from_f32(random_values(shape.numel(), 1), dtype, odd);
      const Weight half(odd, dtype, shape, halves, {});
      std::vector<float> values(static_cast<std::size_t>(shape.numel()));
      half.read_f32(0, values);
      const auto run = [&](const Weight& weight) {
        return run_on(GetParam(), 2, [&](Context& ctx) {
          const int pad = static_cast<int>(kernel) / 2;
          return conv2d(ctx.from(random_values(16 * 16 * 288, 3), {1, 16, 16, 288}), weight, nullptr, {1, pad, pad});
        });
      };
      EXPECT_EQ(run(half), run(Weight::of(values, shape)));
    }
  }
}

// Weights in blocks are decoded while they are multiplied, or packed; either way it is what they stand for.
TEST_P(Conformance, WeightsInBlocksGiveWhatTheirValuesGive) {
  for (const DType dtype : {DType::q8_0, DType::q4_k, DType::f8_e4m3}) {
    for (const std::int64_t kernel : {1, 3}) {
      SCOPED_TRACE(testing::Message() << name_of(dtype) << ", kernel " << kernel);
      const Shape shape{40, 256, kernel, kernel};
      auto coded = std::make_shared<std::vector<std::byte>>(*bytes_of(dtype, shape.numel()));
      narrow_from_f32(random_values(shape.numel(), 1), dtype, *coded);
      const Weight weight(*coded, dtype, shape, coded, {});
      std::vector<float> values(static_cast<std::size_t>(shape.numel()));
      weight.read_f32(0, values);
      const auto run = [&](const Weight& of) {
        return run_on(GetParam(), 2, [&](Context& ctx) {
          const int pad = static_cast<int>(kernel) / 2;
          return conv2d(ctx.from(random_values(5 * 160 * 256, 3), {1, 5, 160, 256}), of, nullptr, {1, pad, pad});
        });
      };
      const std::vector<float> got = run(weight), want = run(Weight::of(values, shape));
      double worst = 0;  // slices are cut otherwise, so sums may be rounded otherwise
      for (std::size_t i = 0; i < got.size(); ++i)
        worst = std::max(worst, std::abs(static_cast<double>(got[i]) - want[i]));
      EXPECT_LE(worst, 3e-4);
    }
  }
}

TEST_P(Conformance, Conv2d) {
  struct Case {
    std::int64_t batch, height, width, in, out, kernel;
    Conv2dParams params;
  };
  for (const Case& c : {Case{1, 1, 1, 1, 1, 3, {1, 1, 1}},
                        {2, 8, 8, 4, 32, 3, {1, 1, 1}},
                        {1, 17, 13, 36, 20, 3, {1, 1, 1}},
                        {2, 9, 7, 16, 24, 3, {2, 1, 1}},
                        {1, 8, 8, 3, 16, 3, {2, 0, 1}},
                        {1, 5, 6, 300, 17, 3, {1, 1, 1}},
                        {1, 16, 16, 64, 64, 1, {1, 0, 0}},
                        {1, 7, 5, 8, 8, 5, {1, 2, 2}},
                        {1, 24, 24, 70, 34, 3, {1, 1, 1}},
                        {3, 2, 40, 48, 40, 3, {1, 1, 1}},
                        {2, 16, 16, 32, 32, 3, {1, 1, 1}},
                        {1, 21, 23, 288, 160, 3, {1, 1, 1}},
                        {1, 64, 7, 96, 320, 3, {1, 1, 1}},
                        {2, 9, 11, 70, 3, 3, {1, 1, 1}},
                        {1, 1, 1, 32, 4, 3, {1, 1, 1}},
                        {1, 1500, 130, 32, 4, 3, {1, 1, 1}}}) {
    SCOPED_TRACE(testing::Message() << c.batch << " x " << c.height << " x " << c.width << " x " << c.in << " -> "
                                    << c.out << ", kernel " << c.kernel << " stride " << c.params.stride);
    agree(
        [&](Context& ctx) {
          const Shape shape{c.out, c.in, c.kernel, c.kernel};
          const Weight weight = Weight::of(random_values(shape.numel(), 1), shape);
          const Weight bias = Weight::of(random_values(c.out, 2), {c.out});
          const Shape source{c.batch, c.height, c.width, c.in};
          return conv2d(ctx.from(random_values(source.numel(), 3), source), weight, &bias, c.params);
        },
        2e-5);  // Winograd's
  }
}

// Rounding to 255 levels of each row's range, and to 127 of each column's: errors of some thousandths.
TEST_P(Conformance, DenseOpsInEightBits) {
  struct Case {
    std::int64_t height, width, in, out, kernel;
    int stride;
  };
  for (const Case& c : {Case{77, 1, 768, 320, 1, 1},
                        {193, 1, 66, 65, 1, 1},
                        {24, 1, 1090, 64, 1, 1},
                        {9, 7, 130, 80, 3, 1},
                        {16, 16, 640, 96, 3, 1},
                        {12, 14, 64, 70, 3, 2}}) {
    SCOPED_TRACE(testing::Message() << c.height << " x " << c.width << " x " << c.in << " -> " << c.out << ", kernel "
                                    << c.kernel);
    agree(
        [&](Context& ctx) {
          ctx.set_precision(Precision::fast);
          const Shape shape{c.out, c.in, c.kernel, c.kernel};
          const Weight weight = Weight::of(random_values(shape.numel(), 1), shape);
          const Weight bias = Weight::of(random_values(c.out, 2), {c.out});
          const int pad = static_cast<int>(c.kernel) / 2;
          const Tensor x = ctx.from(random_values(c.height * c.width * c.in, 3), {1, c.height, c.width, c.in});
          return c.kernel == 1 ? linear(x, weight, &bias) : conv2d(x, weight, &bias, {c.stride, pad, pad});
        },
        0.015);
  }
}

TEST_P(Conformance, InEightBitsARowThatIsNotFiniteSpoilsItselfAlone) {
  const auto run = [&](float spoilt) {
    return run_on(GetParam(), 2, [&](Context& ctx) {
      ctx.set_precision(Precision::balanced);
      std::vector<float> x = random_values(30 * 96, 3);
      x[5 * 96 + 7] = spoilt;
      std::fill_n(x.begin() + 6 * 96, 96, 2.5f);    // one value, no range
      std::fill_n(x.begin() + 7 * 96, 96, 1e-42f);  // a range too small for f32
      return linear(ctx.from(x, {30, 96}), Weight::of(random_values(64 * 96, 1), {64, 96}), nullptr);
    });
  };
  const std::vector<float> sound = run(0.5f), spoilt = run(std::numeric_limits<float>::infinity());
  for (std::size_t i = 0; i < sound.size(); ++i) {
    EXPECT_TRUE(std::isfinite(sound[i])) << i;
    if (i / 64 == 5) {
      EXPECT_FALSE(std::isfinite(spoilt[i])) << i;
    } else {
      EXPECT_EQ(spoilt[i], sound[i]) << i;
    }
  }
}

TEST(EightBits, TheDotProductInstructionGivesTheSumsThatPlainOnesGive) {
  const Int8Kernels& kernels = int8_kernels();
  if (!kernels.has_dot_product) GTEST_SKIP() << "this processor has none";
  constexpr std::int64_t kDepth = 64, kColumns = 32;
  std::mt19937 engine(1);
  std::vector<std::uint8_t> a(kMaxTileRows * kDepth);
  std::vector<std::int8_t> b(kDepth * kColumns);
  for (std::uint8_t& v : a) v = static_cast<std::uint8_t>(engine() % 4 == 0 ? 255 : engine() % 256);
  for (std::int8_t& v : b)
    v = static_cast<std::int8_t>(engine() % 4 == 0 ? -127 : static_cast<int>(engine() % 255) - 127);
  std::array<const std::uint8_t*, kMaxTileRows> rows{};
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = a.data() + i * kDepth;
  for (std::size_t count = 1; count <= static_cast<std::size_t>(kernels.rows); ++count) {
    std::vector<std::int32_t> got(count * kColumns), want(got.size());
    kernels.run[count]({rows.data(), 4, kDepth - 4, b.data(), got.data()});
    plain_int8_kernels().run[count]({rows.data(), 4, kDepth - 4, b.data(), want.data()});
    EXPECT_EQ(got, want) << count;
  }
}

TEST_P(Conformance, Attention) {
  struct Case {
    std::int64_t batch, queries, keys, heads, dim;
    bool causal;
    float spread;
  };
  for (const Case& c : {Case{1, 1, 1, 1, 1, false, 1},
                        {2, 77, 77, 4, 16, true, 1},
                        {1, 300, 300, 2, 40, true, 1},
                        {2, 100, 77, 8, 40, false, 1},
                        {1, 520, 520, 1, 24, false, 1},
                        {1, 13, 600, 3, 80, false, 1},
                        {1, 64, 64, 1, 512, false, 1},
                        {1, 50, 300, 2, 8, false, 30}}) {
    SCOPED_TRACE(testing::Message() << c.queries << " x " << c.keys << ", " << c.heads << " heads of " << c.dim);
    agree(
        [&](Context& ctx) {
          const std::int64_t width = c.heads * c.dim;
          const auto make = [&](std::int64_t length, unsigned seed) {
            return ctx.from(random_values(c.batch * length * width, seed, c.spread), {c.batch, length, width});
          };
          return attention(make(c.queries, 1), make(c.keys, 2), make(c.keys, 3), c.heads, c.causal);
        },
        c.spread > 1 ? 2e-4 : 1e-5);  // large scores: a rounding in the exponent is a factor in the result
  }
}

TEST_P(Conformance, AttentionInEightBits) {
  struct Case {
    std::int64_t batch, queries, keys, heads, dim;
    float offset;  // that all keys have in common
  };
  for (const Case& c :
       {Case{1, 300, 300, 2, 40, 0}, {2, 100, 257, 3, 30, 5}, {1, 33, 600, 1, 80, -20}, {1, 64, 256, 1, 512, 0}}) {
    SCOPED_TRACE(testing::Message() << c.queries << " x " << c.keys << ", " << c.heads << " heads of " << c.dim);
    agree(
        [&](Context& ctx) {
          ctx.set_precision(Precision::fast);
          const std::int64_t width = c.heads * c.dim;
          const auto make = [&](std::int64_t length, unsigned seed, float offset) {
            std::vector<float> values = random_values(c.batch * length * width, seed);
            for (float& v : values) v += offset;
            return ctx.from(values, {c.batch, length, width});
          };
          return attention(make(c.queries, 1, 0), make(c.keys, 2, c.offset), make(c.keys, 3, 0), c.heads);
        },
        0.03);
  }
}

TEST_P(Conformance, AttentionInEightBitsHeedsManySmallWeights) {
  constexpr std::int64_t kMany = 4000, kDim = 16;
  agree(
      [](Context& ctx) {
        ctx.set_precision(Precision::fast);
        std::vector<float> queries(40 * kDim), keys(kMany * kDim), values(kMany * kDim, 1);
        for (std::size_t i = 0; i < queries.size(); i += kDim) queries[i] = 4;
        keys[0] = 6.9f;  // the weight of each other key is a thousandth of this one's
        std::fill_n(values.begin(), kDim, -1.0f);
        return attention(ctx.from(queries, {1, 40, kDim}), ctx.from(keys, {1, kMany, kDim}),
                         ctx.from(values, {1, kMany, kDim}), 1);
      },
      0.03);
}

TEST_P(Conformance, GroupNorm) {
  struct Case {
    std::int64_t batch, places, channels, groups;
    float offset;
  };
  for (const Case& c : {Case{1, 1, 32, 32, 0},
                        {2, 64, 64, 32, 0},
                        {1, 1000, 320, 32, 0},
                        {3, 35, 36, 1, 0},
                        {1, 4096, 16, 1, 0},
                        {2, 700, 48, 4, 50},
                        {1, 5, 6, 2, 0}}) {
    SCOPED_TRACE(testing::Message() << c.batch << " x " << c.places << " x " << c.channels << ", " << c.groups
                                    << " groups");
    for (const bool with_silu : {false, true}) {
      agree(
          [&](Context& ctx) {
            const Weight gamma = Weight::of(random_values(c.channels, 1), {c.channels});
            const Weight beta = Weight::of(random_values(c.channels, 2), {c.channels});
            const Shape shape{c.batch, c.places, c.channels};
            const Tensor x = ctx.from(random_values(shape.numel(), 3), shape) + c.offset;
            return with_silu ? group_norm_silu(x, gamma, beta, c.groups, 1e-5)
                             : group_norm(x, gamma, beta, c.groups, 1e-5);
          },
          c.offset != 0 ? 3e-5 : 1e-5);
    }
  }
}

TEST_P(Conformance, GroupNormOfPartsIsThatOfTheWhole) {
  use_instruction_set(GetParam().instructions);
  Computer computer(GetParam().backend);
  const Weight gamma = Weight::of(random_values(36, 1), {36}), beta = Weight::of(random_values(36, 2), {36});
  const Tensor x = computer.ctx.from(random_values(700 * 36, 3), {1, 700, 36});
  const Tensor whole = group_norm_silu(x, gamma, beta, 4, 1e-5);
  const GroupMoments moments = group_moments(x, 4);
  for (const auto& [begin, end] : {std::pair{0, 1}, std::pair{1, 300}, std::pair{300, 700}}) {
    const auto rows = [&, begin = begin, end = end](const Tensor& t) {
      return t.reshape({700, 36}).rows(begin, end).reshape({1, end - begin, 36});
    };
    const Tensor part = group_norm_silu(rows(x), gamma, beta, moments, 1e-5);
    EXPECT_TRUE(std::ranges::equal(part.span<float>(), rows(whole).span<float>())) << begin;
  }
}

TEST_P(Conformance, LayerNorm) {
  for (const Shape& shape : {Shape{1, 1}, Shape{3, 8}, Shape{77, 768}, Shape{200, 33}}) {
    SCOPED_TRACE(shape.text());
    agree(
        [&](Context& ctx) {
          const Weight gamma = Weight::of(random_values(shape.dim(1), 1), {shape.dim(1)});
          const Weight beta = Weight::of(random_values(shape.dim(1), 2), {shape.dim(1)});
          return layer_norm(ctx.from(random_values(shape.numel(), 3), shape), gamma, beta, 1e-5);
        },
        1e-5);
  }
}

TEST_P(Conformance, Elementwise) {
  for (const std::int64_t count : {1, 7, 16, 20000}) {
    SCOPED_TRACE(count);
    const auto x = [&](Context& ctx) { return ctx.from(random_values(count, 1, 4), {count}); };
    const auto y = [&](Context& ctx) { return ctx.from(random_values(count, 2, 4), {count}); };
    agree([&](Context& ctx) { return x(ctx) * 0.25 + 3.0; }, 1e-6);
    agree([&](Context& ctx) { return relu(x(ctx)); }, 0);
    agree([&](Context& ctx) { return silu(x(ctx)); }, 1e-6);
    agree([&](Context& ctx) { return gelu(x(ctx)); }, 1e-6);
    agree([&](Context& ctx) { return quick_gelu(x(ctx)); }, 1e-6);
    agree([&](Context& ctx) { return x(ctx) + y(ctx); }, 1e-6);
    agree([&](Context& ctx) { return x(ctx) - y(ctx); }, 1e-6);
    agree([&](Context& ctx) { return x(ctx) * y(ctx); }, 1e-6);
    agree([&](Context& ctx) { return weighted_sum(-0.3, x(ctx), 1.7, y(ctx)); }, 1e-6);
  }
}

TEST_P(Conformance, ActivationsOfExtremeValues) {
  const std::vector<float> extreme{0, -0.0f, 1e-30f, 20, -20, 88, -88, 200, -200, 1e30f, -1e30f};
  const auto x = [&](Context& ctx) { return ctx.from(extreme, {static_cast<std::int64_t>(extreme.size())}); };
  agree([&](Context& ctx) { return silu(x(ctx)) / 1e30; }, 1e-6);
  agree([&](Context& ctx) { return gelu(x(ctx)) / 1e30; }, 1e-6);
  agree([&](Context& ctx) { return quick_gelu(x(ctx)) / 1e30; }, 1e-6);
}

TEST_P(Conformance, NotANumberStaysOne) {
  use_instruction_set(GetParam().instructions);
  Computer computer(GetParam().backend);
  const std::vector<float> values(9, std::nanf(""));
  for (const Tensor& out : {relu(computer.ctx.from(values, {9})), silu(computer.ctx.from(values, {9})),
                            gelu(computer.ctx.from(values, {9})), quick_gelu(computer.ctx.from(values, {9}))}) {
    for (const float v : out.span<float>()) EXPECT_TRUE(std::isnan(v));
  }
}

TEST_P(Conformance, GatedLinearLayers) {
  struct Case {
    std::int64_t rows, in, out;
  };
  for (const Case& c : {Case{1, 8, 2}, {5, 7, 10}, {40, 96, 128}, {200, 320, 64}, {30, 64, 2560}, {500, 100, 192}}) {
    SCOPED_TRACE(testing::Message() << c.rows << " x " << c.in << " -> " << c.out);
    for (const Precision precision : {Precision::exact, Precision::balanced}) {
      agree(
          [&](Context& ctx) {
            ctx.set_precision(precision);
            const Weight weight = Weight::of(random_values(c.out * c.in, 2), {c.out, c.in});
            const Weight bias = Weight::of(random_values(c.out, 3), {c.out});
            return linear_geglu(ctx.from(random_values(c.rows * c.in, 1), {c.rows, c.in}), weight, &bias);
          },
          precision == Precision::exact ? 1e-5 : 0.02);
    }
  }
}

TEST_P(Conformance, GegluAndBroadcastAndArrangement) {
  for (const auto& [rows, channels] : std::vector<std::pair<std::int64_t, std::int64_t>>{{1, 1}, {5, 7}, {300, 40}}) {
    SCOPED_TRACE(testing::Message() << rows << " x " << channels);
    const auto make = [rows = rows](Context& ctx, std::int64_t width, unsigned seed) {
      return ctx.from(random_values(2 * rows * width, seed), {2, rows, width});
    };
    agree([&, channels = channels](Context& ctx) { return geglu(make(ctx, 2 * channels, 1)); }, 1e-6);
    agree(
        [&, channels = channels](Context& ctx) {
          return add_everywhere(make(ctx, channels, 1), ctx.from(random_values(2 * channels, 2), {2, channels}));
        },
        1e-6);
    agree([&, channels = channels](
              Context& ctx) { return concat_channels(make(ctx, channels, 1), make(ctx, channels + 3, 2)); },
          0);
  }
  agree(
      [](Context& ctx) {
        return upsample_nearest(ctx.from(random_values(2 * 3 * 5 * 7, 1), {2, 3, 5, 7}), 7, 10);
      },
      0);
  agree([](Context& ctx) { return channels_last(ctx.from(random_values(2 * 3 * 5 * 7, 1), {2, 3, 5, 7})); }, 0);
}

INSTANTIATE_TEST_SUITE_P(Everywhere, Conformance, testing::ValuesIn(machines()),
                         [](const testing::TestParamInfo<Machine>& machine) {
                           return machine.param.backend + machine.param.instructions;
                         });

}  // namespace
}  // namespace pxf
