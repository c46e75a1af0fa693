#include "cli/terminal_picture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace pxf::cli {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

Image filled(int width, int height, std::vector<std::uint8_t> colour) {
  Image image{width, height, {}};
  for (int i = 0; i < width * height; ++i) image.pixels.insert(image.pixels.end(), colour.begin(), colour.end());
  return image;
}

TEST(Shrink, AveragesOverTheAreaOfAPixel) {
  const Image image{2, 2, {0, 0, 0, 100, 0, 0, 100, 0, 0, 200, 0, 9}};
  EXPECT_EQ(shrink(image, 1, 1).pixels, (std::vector<std::uint8_t>{100, 0, 2}));
  EXPECT_EQ(shrink(image, 2, 2).pixels, image.pixels);
}

TEST(Shrink, CountsEveryPixelWhenSidesDoNotDivide) {
  const Image image = filled(7, 5, {10, 20, 30});
  EXPECT_EQ(shrink(image, 3, 2).pixels, filled(3, 2, {10, 20, 30}).pixels);
}

TEST(Blocks, ShowTwoPixelsInOneCharacter) {
  const Image image{1, 2, {255, 0, 0, 0, 0, 255}};
  EXPECT_EQ(encode_blocks(image, true), "\x1b[38;2;255;0;0m\x1b[48;2;0;0;255m▀\x1b[0m\n");
  EXPECT_EQ(encode_blocks(image, false), "\x1b[38;5;196m\x1b[48;5;21m▀\x1b[0m\n");
}

TEST(Blocks, LeaveTheLowerHalfOfAnOddLastRowEmpty) {
  EXPECT_EQ(encode_blocks(filled(1, 1, {255, 255, 255}), true), "\x1b[38;2;255;255;255m▀\x1b[0m\n");
}

TEST(Blocks, UseThePalettesGreys) {
  EXPECT_THAT(encode_blocks(filled(1, 1, {118, 118, 118}), false), HasSubstr("38;5;243m"));
}

TEST(Kitty, SendsBase64InChunks) {
  EXPECT_EQ(encode_kitty(filled(1, 1, {1, 2, 3}), 40), "\x1b_Ga=T,f=24,q=2,s=1,v=1,c=40,m=0;AQID\x1b\\\n");
  const std::string large = encode_kitty(filled(64, 64, {0, 0, 0}), 40);  // 16384 base64 digits: 4 chunks
  EXPECT_THAT(large, HasSubstr("\x1b_Gm=1;"));
  EXPECT_EQ(std::count(large.begin(), large.end(), '\x1b'), 8);
}

TEST(Sixel, RepeatsRunsAndPaintsBands) {
  const std::string text = encode_sixel(filled(10, 7, {255, 0, 0}));
  EXPECT_THAT(text, StartsWith("\x1bP0;1;0q\"1;1;10;7"));
  EXPECT_THAT(text, HasSubstr("#180;2;100;0;0"));
  EXPECT_THAT(text, EndsWith("#180!10~$-#180!10@$-\x1b\\\n"));  // six rows, then one
}

TEST(PictureText, FitsTheWindow) {
  const Image image = filled(512, 512, {1, 2, 3});
  const auto rows = [&](const Window& window) {
    const std::string text = picture_text(image, PictureStyle::blocks, window);
    return std::count(text.begin(), text.end(), '\n');
  };
  EXPECT_EQ(rows({.columns = 200, .rows = 100}), 20);
  EXPECT_EQ(rows({.columns = 21, .rows = 100}), 10);
  EXPECT_EQ(rows({.columns = 200, .rows = 10}), 6);
  EXPECT_GE(rows({.columns = 1, .rows = 1}), 1);
}

TEST(PictureText, IsEmptyWhenNoneIsWanted) {
  EXPECT_EQ(picture_text(filled(8, 8, {1, 2, 3}), PictureStyle::none, {}), "");
}

}  // namespace
}  // namespace pxf::cli
