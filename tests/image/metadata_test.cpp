#include "image/metadata.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "fixture.h"
#include "image/decode.h"
#include "image/encode.h"
#include "image/exif.h"
#include "image/png.h"
#include "image/xmp.h"

namespace pxf {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

const std::string kParameters = "a cat, 猫 🐈 <b>\nNegative prompt: dog\nSteps: 20, Sampler: Euler, Seed: 1";

std::string text_in(Bytes file) {
  const auto texts = value_or_throw(read_picture_texts(file));
  return texts.empty() ? "none" : texts[0].keyword + ": " + texts[0].text;
}

Image halves() { return value_or_throw(decode_image(test::fixture("halves.webp")->bytes())); }

TEST(Metadata, JpegAndWebpKeepThePictureAndItsParameters) {
  const Image image = halves();
  for (const auto& file : {encode_jpeg(image, kParameters, 95), encode_webp(image, kParameters, 95)}) {
    ASSERT_TRUE(file.ok()) << file.error().text();
    EXPECT_EQ(text_in(file.value()), "parameters: " + kParameters);
    const Image back = value_or_throw(decode_image(file.value()));
    ASSERT_EQ(back.pixels.size(), image.pixels.size());
    double sum = 0;
    for (std::size_t i = 0; i < image.pixels.size(); ++i) sum += std::abs(back.pixels[i] - image.pixels[i]);
    EXPECT_LT(sum / static_cast<double>(image.pixels.size()), 8) << "WebP halves the colours' resolution";
  }
}

TEST(Metadata, AWebpOfQuality100IsLossless) {
  const Image image = halves();
  EXPECT_EQ(value_or_throw(decode_image(value_or_throw(encode_webp(image, "", 100)))).pixels, image.pixels);
}

TEST(Metadata, LowerQualityIsASmallerFile) {
  Image noisy{64, 64, {}};
  for (std::size_t i = 0; i < noisy.byte_count(); ++i)
    noisy.pixels.push_back(static_cast<std::uint8_t>(i * i * 31 % 251));
  for (auto* encode : {encode_jpeg, encode_webp}) {
    EXPECT_LT(value_or_throw(encode(noisy, "", 30)).size(), value_or_throw(encode(noisy, "", 95)).size());
  }
}

TEST(Metadata, ParametersThatAJpegCannotHoldAreRefused) {
  const auto file = encode_jpeg(halves(), std::string(40'000, 'a'), 90);
  ASSERT_FALSE(file.ok());
  EXPECT_THAT(file.error().message, HasSubstr("write a PNG or a WebP"));
  EXPECT_TRUE(encode_webp(halves(), std::string(40'000, 'a'), 90).ok());
}

// Pillow's block is little-endian, the comment in it big-endian, as piexif makes it for A1111.
TEST(Metadata, CommentsOfOtherWritersAreRead) {
  EXPECT_EQ(text_in(test::fixture("a1111.jpg")->bytes()), "parameters: ein Käfer\nSteps: 20");
  EXPECT_EQ(text_in(test::fixture("a1111.webp")->bytes()), "parameters: ein Käfer\nSteps: 20");
  EXPECT_EQ(text_in(test::fixture("sdcpp.jpg")->bytes()), "parameters: ein Käfer\nSteps: 20");
  EXPECT_EQ(text_in(test::fixture("sdcpp.webp")->bytes()), "parameters: ein Käfer\nSteps: 20");
  EXPECT_EQ(text_in(test::fixture("comfyui.webp")->bytes()), "prompt: {\"1\": {}}");
  EXPECT_THAT(value_or_throw(read_picture_texts(test::fixture("halves.jpg")->bytes())), IsEmpty());
}

TEST(Metadata, XmpIsUnescapedAndLeftOutWhereItIsDamaged) {
  const std::string whole =
      "<rdf:Description><sdcpp:parameters>a &lt;lora:neon:1&gt; &amp;amp; &quot;K&#228;fer&#xE4;&quot;\nSteps: "
      "2</sdcpp:parameters></rdf:Description>";
  EXPECT_EQ(xmp_parameters(whole), "a <lora:neon:1> &amp; \"Käferä\"\nSteps: 2");
  const std::size_t end = whole.find("</rdf");
  for (std::size_t size = 0; size < end; ++size) EXPECT_EQ(xmp_parameters(whole.substr(0, size)), std::nullopt) << size;
  for (const char* bad : {"&nbsp;", "&", "&#0;", "&#xD800;", "&#x110000;", "&#;", "&#x;", "\xff", "<b>"}) {
    EXPECT_EQ(xmp_parameters("<sdcpp:parameters>" + std::string(bad) + "</sdcpp:parameters>"), std::nullopt) << bad;
  }
}

TEST(Metadata, ABlockCutAnywhereGivesNoMoreThanItHolds) {
  const std::string whole = exif_with_comment(kParameters);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    for (const auto& [name, text] : exif_texts(as_bytes(whole.substr(0, size)))) EXPECT_THAT(text, IsEmpty()) << size;
    EXPECT_EQ(exif_orientation(as_bytes(whole.substr(0, size))), 1);
  }
  EXPECT_EQ(exif_texts(as_bytes(whole)).at(0).second, kParameters);
}

}  // namespace
}  // namespace pxf
