#include <gtest/gtest.h>

#include "pixelforge/engine.h"

namespace pxf::test {
namespace {

Picture drawn(Measuring measuring, double cfg_scale = 4) {
  static Engine engine;
  static const Checkpoint starter = engine.open("starter").value();
  Request request{.prompt = "a purple mushroom, green background"};
  request.width = request.height = 64;
  request.steps = 8;
  request.seed = 5;
  request.cfg_scale = cfg_scale;
  request.measuring = measuring;
  return engine.generate(starter, request).value().at(0);
}

TEST(Measuring, LeavesThePictureAsItIs) {
  const Picture plain = drawn(Measuring::nothing), measured = drawn(Measuring::prompt);
  EXPECT_FALSE(plain.measured);
  EXPECT_EQ(plain.image.pixels, measured.image.pixels);
  EXPECT_EQ(plain.parameters, measured.parameters);
}

TEST(Measuring, TellsTheLatentAndTheWorkItTook) {
  const PictureMeasures measured = drawn(Measuring::run).measured.value();
  EXPECT_EQ(measured.latent.size(), 4u * 8 * 8);
  EXPECT_EQ(measured.evaluations, 8);
  EXPECT_EQ(measured.prompt_evidence, 0);
}

TEST(Measuring, FindsThePromptMoreInAPictureThatWasLedByIt) {
  const double led = drawn(Measuring::prompt, 3).measured->prompt_evidence;
  EXPECT_GT(led, drawn(Measuring::prompt, 0).measured->prompt_evidence + 0.05);  // 0: without the prompt
  EXPECT_GT(led, drawn(Measuring::prompt, 40).measured->prompt_evidence + 0.05);
  EXPECT_LT(led, 1);
}

}  // namespace
}  // namespace pxf::test
