#include "models/distilled.h"

#include <gtest/gtest.h>

namespace pxf {
namespace {

const Preset kUsual{"dpmpp_2m", "karras", 25, 6, 1024, 1024};

TEST(Distilled, NamesGiveKindStepsAndSize) {
  const auto lightning = distilled_by("sdxl_lightning_8step.safetensors", kUsual);
  ASSERT_TRUE(lightning);
  EXPECT_EQ(lightning->kind, "Lightning");
  EXPECT_EQ(lightning->preset.steps, 8);
  EXPECT_EQ(lightning->preset.cfg_scale, 1);
  EXPECT_EQ(lightning->preset.width, 1024);
  const auto turbo = distilled_by("sd_xl_turbo_1.0_fp16", kUsual);
  ASSERT_TRUE(turbo);
  EXPECT_EQ(turbo->preset.steps, 4);
  EXPECT_EQ(turbo->preset.width, 512);
  EXPECT_EQ(distilled_by("Hyper-SDXL-2steps", kUsual).value().preset.steps, 2);
}

TEST(Distilled, OthersAreNone) {
  for (const char* name : {"", "dreamlike", "hyperrealism_v3", "steps", "juggernaut_9step"}) {
    EXPECT_FALSE(distilled_by(name, kUsual)) << name;
  }
}

}  // namespace
}  // namespace pxf
