// Circular padding against its meaning: the middle of a plane that is covered with copies of the picture.
#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "ops/arrange.h"
#include "ops/conv2d.h"
#include "support.h"

namespace pxf {
namespace {

constexpr std::int64_t kHeight = 5, kWidth = 6, kChannels = 3;

/// Three by three copies where it wraps, zeros where it does not.
Tensor covered(Context& ctx, const Tensor& src, Wrap wrap) {
  Tensor out = ctx.full({1, 3 * kHeight, 3 * kWidth, kChannels}, 0);
  for (std::int64_t y = 0; y < 3 * kHeight; ++y) {
    for (std::int64_t x = 0; x < 3 * kWidth; ++x) {
      const bool outside_y = y / kHeight != 1, outside_x = x / kWidth != 1;
      if ((outside_y && !wrap.y) || (outside_x && !wrap.x)) continue;
      const float* from = src.f32() + (y % kHeight * kWidth + x % kWidth) * kChannels;
      std::copy_n(from, kChannels, out.f32() + (y * 3 * kWidth + x) * kChannels);
    }
  }
  return out;
}

std::vector<float> random_values(std::int64_t count) {
  std::mt19937 engine(7);
  std::normal_distribution<float> normal;
  std::vector<float> out(static_cast<std::size_t>(count));
  for (float& v : out) v = normal(engine);
  return out;
}

TEST(Wrap, AConvolutionSeesTheOppositeEdge) {
  for (const char* backend : {"reference", "cpu"}) {
    for (const Wrap wrap : {Wrap{true, true}, Wrap{true, false}, Wrap{false, true}}) {
      test::Computer on(backend);
      const Tensor src = on.ctx.from(std::span<const float>(random_values(kHeight * kWidth * kChannels)),
                                     {1, kHeight, kWidth, kChannels});
      const Weight kernel = Weight::of(random_values(4 * kChannels * 9), {4, kChannels, 3, 3});
      const Tensor plane = conv2d(covered(on.ctx, src, wrap), kernel, nullptr, {1, 1, 1});
      on.ctx.set_wrap(wrap);
      const Tensor got = conv2d(src, kernel, nullptr, {1, 1, 1});
      ASSERT_EQ(got.shape(), Shape({1, kHeight, kWidth, 4}));
      for (std::int64_t i = 0; i < got.numel(); ++i) {
        const std::int64_t y = i / 4 / kWidth + kHeight, x = i / 4 % kWidth + kWidth;
        ASSERT_NEAR(got.f32()[i], plane.f32()[(y * 3 * kWidth + x) * 4 + i % 4], 1e-5) << backend << " " << i;
      }
    }
  }
}

}  // namespace
}  // namespace pxf
