#include "image/decode.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "fixture.h"
#include "image/png.h"
#include "image/resize.h"

namespace pxf {
namespace {

using test::fixture;

using testing::Each;
using testing::HasSubstr;

std::string refusal(Bytes file) {
  const auto image = decode_image(file);
  return image ? "it opened" : image.error().message;
}

std::string refusal(const std::string& bytes) { return refusal(as_bytes(bytes)); }

/// The pixel's distance from a colour, in its worst channel.
int distance(const Image& image, int x, int y, std::array<int, 3> colour) {
  int worst = 0;
  for (std::size_t c = 0; c < 3; ++c) {
    const std::size_t at = 3 * static_cast<std::size_t>(y * image.width + x) + c;
    worst = std::max(worst, std::abs(image.pixels.at(at) - colour[c]));
  }
  return worst;
}

constexpr std::array<int, 3> kBlue{20, 60, 220}, kRed{200, 30, 40};

TEST(Decode, JpegAndWebpOfEveryKind) {
  for (const char* name : {"halves.jpg", "halves_cmyk.jpg", "halves_turned.jpg", "halves.webp", "animated.webp"}) {
    SCOPED_TRACE(name);
    const auto image = decode_image(fixture(name)->bytes());
    ASSERT_TRUE(image.ok()) << image.error().text();
    ASSERT_EQ(image.value().width, 16);
    ASSERT_EQ(image.value().height, 8);
    EXPECT_LE(distance(image.value(), 2, 4, kBlue), 12);
    EXPECT_LE(distance(image.value(), 13, 4, kRed), 12);
  }
}

TEST(Decode, GreyBecomesColourAndNothingWhite) {
  const Image grey = value_or_throw(decode_image(fixture("grey.jpg")->bytes()));
  EXPECT_EQ(grey.pixels.at(0), grey.pixels.at(2));
  EXPECT_THAT(value_or_throw(decode_image(fixture("clear.webp")->bytes())).pixels, Each(255));
}

TEST(Decode, WhatIsNoPictureIsRefused) {
  EXPECT_THAT(refusal(""), HasSubstr("the file is empty"));
  EXPECT_THAT(refusal("GIF89a"), HasSubstr("is no PNG, JPEG or WebP"));
  EXPECT_THAT(refusal("\xff\xd8\xff\xe0"), HasSubstr("JPEG"));
  EXPECT_THAT(refusal("RIFF\x08\0\0\0WEBPVP8 "), HasSubstr("is no PNG"));  // the C string ends in its size
}

TEST(Decode, FilesCutAnywhereAreRefused) {
  for (const char* name : {"halves.jpg", "halves.webp", "animated.webp"}) {
    const auto file = fixture(name);
    for (std::size_t size = 0; size + 8 < file->bytes().size(); size += 7) {
      EXPECT_NE(refusal(file->bytes().first(size)), "it opened") << name << " " << size;
    }
  }
}

TEST(Resize, KeepsColoursAndShapes) {
  const Image image = value_or_throw(decode_image(fixture("halves.webp")->bytes()));
  const Image large = resized(image, 160, 80);
  EXPECT_EQ(large.pixels.size(), large.byte_count());
  EXPECT_LE(distance(large, 20, 40, kBlue), 2);
  EXPECT_LE(distance(large, 140, 40, kRed), 2);
  const Image middle = filled(image, 8, 8);  // the middle half: its edge still in the middle
  EXPECT_EQ(middle.width, 8);
  EXPECT_LE(distance(middle, 0, 0, kBlue), 2);
  EXPECT_LE(distance(middle, 7, 7, kRed), 2);
  EXPECT_EQ(filled(image, 1, 1).pixels.size(), 3u);
  EXPECT_THROW(resized(image, 0, 8), Failure);
}

}  // namespace
}  // namespace pxf
