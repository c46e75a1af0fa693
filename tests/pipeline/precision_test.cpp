// Pictures computed less exactly: nearly the same ones, told as such.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "pixelforge/engine.h"
#include "support.h"

namespace pxf {
namespace {

Picture drawn_at(Precision precision, int threads = 2) {
  Engine engine({.threads = threads, .precision = precision});
  Request request;
  request.prompt = "a red apple on a beach";
  request.seed = 7;
  request.steps = 8;
  request.width = request.height = 128;
  return value_or_throw(engine.generate(value_or_throw(engine.open("starter")), request)).front();
}

// Peak signal to noise, in dB.
double likeness(const Image& a, const Image& b) {
  double squares = 0;
  for (std::size_t i = 0; i < a.pixels.size(); ++i) {
    const double away = static_cast<double>(a.pixels[i]) - b.pixels[i];
    squares += away * away;
  }
  return 10 * std::log10(255.0 * 255.0 * static_cast<double>(a.pixels.size()) / squares);
}

TEST(Precision, PicturesStayCloseToTheExactOne) {
  const Picture exact = drawn_at(Precision::exact);
  for (const Precision precision : {Precision::balanced, Precision::fast}) {
    const double close = likeness(drawn_at(precision).image, exact.image);
    EXPECT_GT(close, 34) << to_string(precision);
    EXPECT_LT(close, 100) << to_string(precision) << " computes all as exactly";
  }
}

TEST(Precision, ThreadsDoNotChangeAFastPicture) {
  EXPECT_EQ(drawn_at(Precision::fast, 1).image.pixels, drawn_at(Precision::fast, 5).image.pixels);
}

TEST(Precision, PicturesSayHowTheyWereComputed) {
  EXPECT_THAT(drawn_at(Precision::fast).parameters, testing::HasSubstr("Precision: fast"));
  EXPECT_THAT(drawn_at(Precision::exact).parameters, testing::Not(testing::HasSubstr("Precision")));
}

}  // namespace
}  // namespace pxf
