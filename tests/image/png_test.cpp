#include "image/png.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <random>
#include <string>

#include "fixture.h"

namespace pxf {
namespace {

using test::fixture;

using testing::ElementsAreArray;
using testing::HasSubstr;

std::vector<std::uint8_t> pixels_of(const std::string& name) {
  const auto image = decode_png(fixture(name)->bytes());
  if (!image.ok()) {
    ADD_FAILURE() << name << ": " << image.error().text();
    return {};
  }
  EXPECT_EQ(image.value().width, 3);
  EXPECT_EQ(image.value().height, 2);
  return image.value().pixels;
}

Image noise(int width, int height) {
  Image image{width, height, {}};
  std::mt19937 random(7);
  image.pixels.resize(image.byte_count());
  for (auto& value : image.pixels) value = static_cast<std::uint8_t>(random());
  return image;
}

TEST(DecodePng, EveryWayToStoreThePictureGivesTheSamePixels) {
  const std::vector<std::uint8_t> want = {255, 0, 0, 0, 255, 0, 0, 0, 255, 10, 20, 30, 128, 128, 128, 255, 255, 255};
  for (const char* name : {"rgb8.png", "rgb16.png", "palette4.png", "interlaced.png", "texts.png"}) {
    EXPECT_THAT(pixels_of(name), ElementsAreArray(want)) << name;
  }
}

TEST(DecodePng, GreyBecomesThreeEqualChannels) {
  EXPECT_THAT(pixels_of("grey1.png"),
              ElementsAreArray({255, 255, 255, 0, 0, 0, 255, 255, 255, 0, 0, 0, 255, 255, 255, 0, 0, 0}));
  EXPECT_THAT(pixels_of("grey8.png"),
              ElementsAreArray({0, 0, 0, 1, 1, 1, 2, 2, 2, 128, 128, 128, 254, 254, 254, 255, 255, 255}));
}

TEST(DecodePng, TransparencyIsLaidOverWhite) {
  EXPECT_THAT(pixels_of("rgba8.png"), ElementsAreArray({255, 0, 0, 255, 255, 255, 255, 127, 127,  //
                                                        10, 20, 30, 255, 255, 255, 206, 208, 210}));
  EXPECT_THAT(pixels_of("palette8_transparent.png"),
              ElementsAreArray({255, 0, 0, 255, 255, 255, 127, 127, 255, 10, 20, 30, 128, 128, 128, 255, 255, 255}));
  EXPECT_THAT(pixels_of("grey_alpha8.png"),
              ElementsAreArray({0, 0, 0, 255, 255, 255, 127, 127, 127, 100, 100, 100, 255, 255, 255, 177, 177, 177}));
}

TEST(DecodePng, TransparencyItselfIsWhiteWhereThereIsNothing) {
  const auto shown = decode_png(fixture("rgba8.png")->bytes(), Shown::transparency).value();
  EXPECT_THAT(shown.pixels, ElementsAreArray({0, 0, 0, 255, 255, 255, 127, 127, 127,  //
                                              0, 0, 0, 255, 255, 255, 204, 204, 204}));
}

TEST(DecodePng, AHugePictureIsRefusedBeforeMemoryIsTaken) {
  const auto image = decode_png(fixture("huge.png")->bytes());
  ASSERT_FALSE(image.ok());
  EXPECT_EQ(image.error().code, ErrorCode::bad_file);
  EXPECT_THAT(image.error().message, HasSubstr("100000x100000"));
}

TEST(DecodePng, AFileCutAnywhereIsRefused) {
  const auto file = fixture("rgb8.png");
  for (std::size_t size = 0; size < file->bytes().size(); ++size) {
    const auto image = decode_png(file->bytes().first(size));
    ASSERT_FALSE(image.ok()) << size;
    EXPECT_EQ(image.error().code, ErrorCode::bad_file);
  }
}

TEST(DecodePng, AFlippedBitIsNoticed) {
  const auto good = fixture("rgb8.png");
  std::vector<std::byte> bad(good->bytes().begin(), good->bytes().end());
  bad[50] ^= std::byte{1};  // in the packed pixels
  EXPECT_FALSE(decode_png(bad).ok());
}

TEST(EncodePng, PixelsSurviveAtEveryLevel) {
  const Image image = noise(37, 5);
  for (const int level : {0, 1, 6, 9}) {
    const auto file = encode_png(image, {}, level);
    ASSERT_TRUE(file.ok()) << file.error().text();
    const auto back = decode_png(file.value());
    ASSERT_TRUE(back.ok()) << back.error().text();
    EXPECT_EQ(back.value().width, 37);
    EXPECT_EQ(back.value().pixels, image.pixels);
  }
}

TEST(EncodePng, TheSamePictureGivesTheSameBytes) {
  const TextEntry text{"parameters", "a cat"};
  EXPECT_EQ(encode_png(noise(8, 8), {&text, 1}).value(), encode_png(noise(8, 8), {&text, 1}).value());
}

TEST(EncodePng, TextsSurviveAndStandBeforeThePixels) {
  const std::vector<TextEntry> texts = {
      {"parameters", "a cat\nSteps: 20"}, {"one", "café"}, {"two", "猫 😀"}, {"three", ""}, {"four", "Ã©"}};
  const auto file = encode_png(noise(2, 2), texts);
  ASSERT_TRUE(file.ok()) << file.error().text();
  const auto back = read_png_text(file.value());
  ASSERT_TRUE(back.ok()) << back.error().text();
  ASSERT_EQ(back.value().size(), texts.size());
  for (std::size_t i = 0; i < texts.size(); ++i) {
    EXPECT_EQ(back.value()[i].keyword, texts[i].keyword);
    EXPECT_EQ(back.value()[i].text, texts[i].text);
  }
  const std::string_view bytes = as_text(file.value());
  EXPECT_LT(bytes.find("tEXtfour") == std::string_view::npos ? bytes.find("iTXtfour") : 0, bytes.find("IDAT"));
}

TEST(EncodePng, BadInputIsRefused) {
  const auto code = [](const Result<std::vector<std::byte>>& result) {
    return result.ok() ? ErrorCode::internal : result.error().code;
  };
  const TextEntry text{"", "x"};
  EXPECT_EQ(code(encode_png(Image{})), ErrorCode::invalid_argument);
  EXPECT_EQ(code(encode_png(Image{2, 2, std::vector<std::uint8_t>(11)})), ErrorCode::invalid_argument);
  EXPECT_EQ(code(encode_png(Image{-1, -1, std::vector<std::uint8_t>(3)})), ErrorCode::invalid_argument);
  EXPECT_EQ(code(encode_png(noise(2, 2), {}, 10)), ErrorCode::invalid_argument);
  EXPECT_EQ(code(encode_png(noise(2, 2), {&text, 1})), ErrorCode::invalid_argument);
  EXPECT_EQ(code(encode_png(noise(1'000'001, 1))), ErrorCode::invalid_argument);  // libpng's own limit: it jumps
}

}  // namespace
}  // namespace pxf
