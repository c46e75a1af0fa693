#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "tuning/picture_distance.h"
#include "tuning/picture_look.h"

namespace pxf::test {
namespace {

using Colour3 = std::array<double, 3>;

Image drawn(int width, int height, const std::function<Colour3(int, int)>& colour) {
  Image out{width, height, {}};
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      for (const double channel : colour(x, y)) {
        out.pixels.push_back(static_cast<std::uint8_t>(std::lround(255 * std::clamp(channel, 0.0, 1.0))));
      }
    }
  }
  return out;
}

Image plain(double grey) {
  return drawn(64, 48, [&](int, int) { return Colour3{grey, grey, grey}; });
}

/// A disc on a ramp; `shift` moves the disc.
Image scene(double shift, double contrast = 1) {
  return drawn(64, 48, [&](int x, int y) {
    const bool inside = std::hypot(x - 30 - shift, y - 24) < 12;
    const double v = 0.5 + contrast * (inside ? 0.3 : -0.2 + 0.004 * x);
    return Colour3{v, inside ? v - 0.3 * contrast : v, v};
  });
}

double similarity(const Image& a, const Image& b) { return ssim(planes_of(a), planes_of(b)); }
double distance(const Image& a, const Image& b) { return feature_distance(planes_of(a), planes_of(b)); }

TEST(PictureDistance, OfAPictureToItselfIsNone) {
  EXPECT_NEAR(similarity(scene(0), scene(0)), 1, 1e-6);
  EXPECT_EQ(distance(scene(0), scene(0)), 0);
}

TEST(PictureDistance, GrowsAsWhatIsShownMovesAway) {
  EXPECT_GT(similarity(scene(0), scene(1)), similarity(scene(0), scene(6)));
  EXPECT_LT(distance(scene(0), scene(1)), distance(scene(0), scene(6)));
  EXPECT_LT(distance(scene(0), scene(6)), distance(scene(0), plain(0.5)));
}

TEST(PictureDistance, IsTheSameBothWays) {
  EXPECT_EQ(similarity(scene(0), scene(3)), similarity(scene(3), scene(0)));
  EXPECT_EQ(distance(scene(0), scene(3)), distance(scene(3), scene(0)));
}

TEST(PictureDistance, OfPlainPicturesIsTheirBrightnessAlone) {
  EXPECT_NEAR(distance(plain(0.2), plain(0.8)), 0, 1e-6);
  // (2 ab + c1) / (a^2 + b^2 + c1) of Wang et al., with a = 51/255, b = 204/255.
  EXPECT_NEAR(similarity(plain(0.2), plain(0.8)), (2 * 0.2 * 0.8 + 1e-4) / (0.04 + 0.64 + 1e-4), 1e-4);
}

TEST(PictureDistance, TellsColoursApartWhereBrightnessIsTheSame) {
  const Image red = drawn(32, 32, [](int, int) { return Colour3{0.8, 0.2, 0.2}; });
  const Image blue = drawn(32, 32, [](int, int) { return Colour3{0.2, 0.2, 0.8}; });
  EXPECT_GT(distance(red, blue), 0.5);
}

TEST(PictureDistance, WorksOnPicturesOfAnySize) {
  for (const auto& [width, height] : {std::pair(1, 1), {8, 8}, {9, 31}}) {
    const Image one = drawn(width, height, [](int x, int y) { return Colour3{0.1 * (x % 3), 0.1 * (y % 5), 0.5}; });
    EXPECT_NEAR(similarity(one, one), 1, 1e-6);
    EXPECT_EQ(distance(one, one), 0);
  }
}

TEST(PictureLook, OfWhiteIsClippedAndOfGreyNothingAtAll) {
  EXPECT_EQ(look_of(plain(1)).clipped, 1);
  const PictureLook grey = look_of(plain(0.5));
  EXPECT_EQ(grey.clipped, 0);
  EXPECT_EQ(grey.saturation, 0);
  EXPECT_NEAR(grey.contrast, 0, 1e-3);
  EXPECT_EQ(grey.edges, 0);
}

TEST(PictureLook, OfAPureColourIsSaturated) {
  const Image red = drawn(16, 16, [](int, int) { return Colour3{0.9, 0.1, 0.1}; });
  EXPECT_NEAR(look_of(red).saturation, 0.8, 0.01);
}

TEST(PictureLook, OfMoreContrastHasMoreOfItAndHarderEdges) {
  EXPECT_GT(look_of(scene(0, 1)).contrast, 1.5 * look_of(scene(0, 0.5)).contrast);
  EXPECT_GT(look_of(scene(0, 1)).edges, 1.3 * look_of(scene(0, 0.5)).edges);
}

}  // namespace
}  // namespace pxf::test
