#include "image/fill.h"

#include <gtest/gtest.h>

namespace pxf {
namespace {

// Dark at the left, light at the right.
Image ramp(int width, int height) {
  Image out{width, height, {}};
  for (int i = 0; i < width * height * 3; ++i) out.pixels.push_back(static_cast<std::uint8_t>(i / 3 % width * 4));
  return out;
}

TEST(Fill, GoesOverFromOneEdgeOfTheHoleToTheOther) {
  const Image image = ramp(50, 21);
  Image damaged = image;
  std::vector<float> hole(50 * 21, 0);
  for (std::size_t i = 0; i < hole.size(); ++i) {
    if (i % 50 < 20 || i % 50 >= 30) continue;
    hole[i] = 1;
    for (std::size_t c = 0; c < 3; ++c) damaged.pixels[3 * i + c] = 255;
  }
  const Image got = filled_from_around(damaged, hole);
  for (std::size_t i = 0; i < hole.size(); ++i) {
    if (hole[i] == 0) {
      ASSERT_EQ(got.pixels[3 * i], image.pixels[3 * i]) << i;
    } else {
      ASSERT_NEAR(got.pixels[3 * i], image.pixels[3 * i], 22) << i;  // of the 40 from edge to edge
    }
  }
}

TEST(Fill, WhereNothingIsKnownItIsGrey) {
  const Image got = filled_from_around(ramp(5, 3), std::vector<float>(15, 1));
  for (const std::uint8_t value : got.pixels) EXPECT_EQ(value, 128);
}

}  // namespace
}  // namespace pxf
