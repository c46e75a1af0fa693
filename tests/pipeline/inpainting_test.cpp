// What a mask can ask for beyond "draw here": its surroundings alone, other fillings, margins.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <set>

#include "base/error.h"
#include "pipeline/canvas.h"
#include "pixelforge/engine.h"

namespace pxf {
namespace {

using testing::HasSubstr;

// Stripes, so that a pixel that moves is noticed.
Image stripes(int width, int height) {
  Image out{width, height, {}};
  for (int i = 0; i < width * height; ++i) {
    for (int c = 0; c < 3; ++c)
      out.pixels.push_back(static_cast<std::uint8_t>((i % width * 7 + i / width * 3 + 80 * c) % 256));
  }
  return out;
}

Image mask_of(int width, int height, Region white) {
  Image out{width, height, {}};
  for (int i = 0; i < width * height; ++i) {
    const int x = i % width - white.x, y = i / width - white.y;
    const bool is_white = x >= 0 && y >= 0 && x < white.width && y < white.height;
    out.pixels.insert(out.pixels.end(), 3, is_white ? 255 : 0);
  }
  return out;
}

class Inpainting : public testing::Test {
 protected:
  Inpainting() {
    request_.prompt = "a blue house at night";
    request_.steps = 2;
    request_.seed = 42;
    request_.strength = 1;
  }
  Picture draw() { return value_or_throw(engine_.generate(starter_, request_)).at(0); }
  Error refusal() { return engine_.plan(starter_, request_).error(); }

  Engine engine_;
  Checkpoint starter_ = value_or_throw(engine_.open("starter"));
  Request request_;
};

TEST_F(Inpainting, OnlyMaskedDrawsTheSurroundingsAtFullSizeAndKeepsAllElse) {
  const Region white{100, 40, 24, 16};
  request_.init = stripes(200, 90);
  request_.mask = mask_of(200, 90, white);
  request_.mask_blur = 2;
  request_.only_masked = true;
  request_.masked_padding = 8;
  request_.width = request_.height = 64;
  const Picture got = draw();
  ASSERT_EQ(got.image.width, 200);
  ASSERT_EQ(got.image.height, 90);
  int inside = 0;
  for (int i = 0; i < 200 * 90; ++i) {
    const int x = i % 200, y = i / 200;
    const bool reached =
        x >= white.x - 4 && x < white.x + white.width + 4 && y >= white.y - 4 && y < white.y + white.height + 4;
    const auto at = static_cast<std::size_t>(3 * i);
    const bool changed = !std::equal(got.image.pixels.begin() + 3 * i, got.image.pixels.begin() + 3 * i + 3,
                                     request_.init->pixels.begin() + 3 * i);
    if (!reached) {
      ASSERT_FALSE(changed) << x << ", " << y << " of " << got.image.pixels[at];
    }
    inside += changed;
  }
  EXPECT_GT(inside, white.width * white.height / 2);
  EXPECT_THAT(got.parameters, HasSubstr("Inpaint area: Only masked, Masked area padding: 8"));
}

TEST_F(Inpainting, TheRegionHasTheShapeOfWhatIsDrawn) {
  request_.init = stripes(200, 90);
  request_.mask = mask_of(200, 90, {180, 10, 20, 20});
  request_.mask_blur = 0;
  request_.masked_padding = 10;
  const Region near = masked_region(request_);
  EXPECT_EQ(near.x, 170);
  EXPECT_EQ(near.width, 30) << "the picture ends there";
  EXPECT_EQ(near.height, 40);
  const Region wide = in_shape_of(near, {128, 64}, {200, 90});
  EXPECT_EQ(wide.width, 80);
  EXPECT_EQ(wide.height, 40);
  EXPECT_EQ(wide.x + wide.width, 200);
}

TEST_F(Inpainting, AnInvertedMaskDrawsWhereItIsBlack) {
  request_.init = stripes(64, 64);
  request_.mask_blur = 0;
  request_.mask = mask_of(64, 64, {0, 0, 32, 64});
  const Image right_way = draw().image;
  request_.mask = mask_of(64, 64, {32, 0, 32, 64});
  request_.invert_mask = true;
  EXPECT_EQ(draw().image.pixels, right_way.pixels);
}

TEST_F(Inpainting, EachFillingGivesAnotherPicture) {
  request_.init = stripes(64, 64);
  request_.mask = mask_of(64, 64, {32, 0, 32, 64});
  request_.strength = 0.5;
  std::set<std::vector<std::uint8_t>> pictures;
  for (const MaskFill fill : {MaskFill::original, MaskFill::fill, MaskFill::noise, MaskFill::nothing}) {
    request_.mask_fill = fill;
    const Picture picture = draw();
    pictures.insert(picture.image.pixels);
    EXPECT_EQ(picture.image.pixels[0], request_.init->pixels[0]);
  }
  EXPECT_EQ(pictures.size(), 4u);
}

TEST_F(Inpainting, OutpaintingGrowsThePictureAndKeepsIt) {
  request_.init = stripes(64, 48);
  request_.mask_blur = 0;
  request_.outpaint = {.left = 16, .right = 0, .top = 0, .bottom = 8};
  const Picture got = draw();
  ASSERT_EQ(got.image.width, 80);
  ASSERT_EQ(got.image.height, 56);
  for (int y = 0; y < 48; ++y) {
    ASSERT_TRUE(std::equal(request_.init->pixels.begin() + y * 64 * 3, request_.init->pixels.begin() + (y + 1) * 64 * 3,
                           got.image.pixels.begin() + (y * 80 + 16) * 3))
        << "row " << y;
  }
  EXPECT_THAT(got.parameters, HasSubstr("Outpaint: \"left=16,right=0,top=0,bottom=8\""));
}

TEST_F(Inpainting, MarginsTakeTheColoursBesideThem) {
  request_.init = mask_of(16, 16, {0, 0, 16, 16});  // white
  request_.outpaint = {.left = 8, .right = 8, .top = 8, .bottom = 8};
  const Canvas canvas = canvas_of(request_);
  EXPECT_EQ(canvas.picture.width, 32);
  EXPECT_EQ(*std::ranges::min_element(canvas.picture.pixels), 255);
  EXPECT_EQ(canvas.mask->pixels.front(), 255);
  EXPECT_EQ(canvas.mask->pixels[static_cast<std::size_t>(3 * (16 * 32 + 16))], 0);
}

TEST_F(Inpainting, WhatCannotBeIsRefused) {
  request_.init = stripes(64, 60);
  request_.outpaint.left = 16;
  EXPECT_THAT(refusal().text(), HasSubstr("height: got 60, need a multiple of 8; try 64"));
  request_.outpaint.left = -1;
  EXPECT_THAT(refusal().text(), HasSubstr("outpaint: got -1"));
  request_.outpaint = {};
  request_.invert_mask = true;
  EXPECT_THAT(refusal().text(), HasSubstr("inverted mask: got no mask"));
  request_.mask = mask_of(64, 60, {0, 0, 64, 60});
  request_.only_masked = true;
  EXPECT_THAT(refusal().text(), HasSubstr("nothing would be drawn"));
}

}  // namespace
}  // namespace pxf
