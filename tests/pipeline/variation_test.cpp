// Variations of seeds as a user sees them; the numbers are held against A1111's in base/picture_noise_test.cpp.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "pixelforge/engine.h"

namespace pxf {
namespace {

using testing::HasSubstr;

class Variation : public testing::Test {
 protected:
  Variation() {
    request_.prompt = "a red apple on a beach";
    request_.width = request_.height = 64;
    request_.steps = 2;
    request_.seed = 42;
  }
  std::vector<Picture> draw() { return value_or_throw(engine_.generate(starter_, request_)); }

  Engine engine_;
  Checkpoint starter_ = value_or_throw(engine_.open("starter"));
  Request request_;
};

TEST_F(Variation, GoesFromTheSeedsPictureToTheOtherSeeds) {
  const auto of_42 = draw()[0].image.pixels;
  request_.seed = 7;
  const auto of_7 = draw()[0].image.pixels;
  request_.seed = 42;
  request_.variation_seed = 7;
  EXPECT_EQ(draw()[0].image.pixels, of_42) << "at strength 0";
  request_.variation_strength = 1;
  EXPECT_EQ(draw()[0].image.pixels, of_7);
  request_.variation_strength = 0.3;
  const Picture between = draw()[0];
  EXPECT_NE(between.image.pixels, of_42);
  EXPECT_NE(between.image.pixels, of_7);
  EXPECT_THAT(between.parameters, HasSubstr("Variation seed: 7, Variation seed strength: 0.3, RNG: CPU"));
}

TEST_F(Variation, PicturesOfABatchShareTheSeedAndVaryTheOther) {
  request_.variation_strength = 0.3;
  request_.variation_seed = 7;
  request_.count = 2;
  const auto both = draw();
  EXPECT_EQ(both[1].seed, 42u);
  EXPECT_EQ(both[1].variation_seed, 8u);
  request_.count = 1;
  request_.variation_seed = 8;
  EXPECT_EQ(draw()[0].image.pixels, both[1].image.pixels);
}

TEST_F(Variation, SeedResizePutsTheNoiseOfAnotherSizeInTheMiddle) {
  request_.width = 96;
  const auto plain = draw()[0].image.pixels;
  request_.seed_resize_width = 96;
  request_.seed_resize_height = 64;
  EXPECT_EQ(draw()[0].image.pixels, plain) << "its own size";
  request_.seed_resize_width = 64;
  const Picture resized = draw()[0];
  EXPECT_NE(resized.image.pixels, plain);
  EXPECT_THAT(resized.parameters, HasSubstr("Seed resize from: 64x64"));
}

TEST_F(Variation, TheSeedDeltaChangesOnlyWhatIsDrawnLater) {
  request_.noise_seed_delta = 31337;
  const auto with_delta = draw()[0].image.pixels;
  request_.noise_seed_delta = 0;
  EXPECT_EQ(draw()[0].image.pixels, with_delta) << "this sampler draws once";
  request_.sampler = "euler_ancestral";
  const auto ancestral = draw()[0].image.pixels;
  request_.noise_seed_delta = 31337;
  EXPECT_NE(draw()[0].image.pixels, ancestral);
}

// How far the first and the last pixels of rows are apart.
double seam(const Image& image) {
  double sum = 0;
  const int row = image.width * Image::kChannels;
  for (int y = 0; y < image.height; ++y) {
    for (int c = 0; c < Image::kChannels; ++c) {
      const auto at = [&](int i) { return static_cast<double>(image.pixels[static_cast<std::size_t>(y * row + i)]); };
      sum += std::abs(at(c) - at(row - Image::kChannels + c));
    }
  }
  return sum / (image.height * Image::kChannels);
}

TEST_F(Variation, ATileFitsToItself) {
  request_.steps = 3;
  EXPECT_GT(seam(draw()[0].image), 20);
  request_.tile_x = true;
  const Picture tile = draw()[0];
  EXPECT_LT(seam(tile.image), 5);
  EXPECT_THAT(tile.parameters, HasSubstr("Tiling: x"));
}

}  // namespace
}  // namespace pxf
