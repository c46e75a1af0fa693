// What the tiny networks of the goldens do not show of FreeU: which blocks of a full-size UNet it is for, and maps of
// one place.
#include "models/unet/freeu.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "support.h"

namespace pxf::unet {
namespace {

using test::Computer;

/// The factors on the backbone of SD 1.x's twelve output blocks; 1: none.
std::vector<double> backbone_factors(FreeUVersion version) {
  constexpr std::int64_t kChannels[]{1280, 1280, 1280, 1280, 1280, 1280, 1280, 640, 640, 640, 320, 320};
  const FreeU freeu{.b1 = 1.5, .b2 = 1.6, .version = version};
  std::vector<double> out;
  for (int i = 0; i < 12; ++i) {
    const auto factors = freeu_factors(freeu, i / 3, kChannels[i], 320);
    out.push_back(factors ? factors->backbone : 1);
  }
  return out;
}

TEST(FreeU, IsForTheBlocksThatItsAuthorsAndDiffusersChose) {
  EXPECT_EQ(backbone_factors(FreeUVersion::v1),
            (std::vector<double>{1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 1.6, 1.6, 1.6, 1, 1}));
  EXPECT_EQ(backbone_factors(FreeUVersion::v2), backbone_factors(FreeUVersion::v1));
  EXPECT_EQ(backbone_factors(FreeUVersion::diffusers),
            (std::vector<double>{1.5, 1.5, 1.5, 1.6, 1.6, 1.6, 1, 1, 1, 1, 1, 1}));
}

TEST(FreeU, DampsWhatIsTheSameEverywhere) {
  Computer on;
  for (const std::int64_t height : {1, 2, 5}) {
    const Tensor out = damped_skip(on.ctx.full({2, height, 3, 2}, 4), 0.25);
    for (const float v : out.span<float>()) EXPECT_NEAR(v, 1, 1e-5);
  }
}

TEST(FreeU, SecondVersionLeavesAMapWithoutContrastAlone) {
  Computer on;
  const Tensor out = amplified_backbone(on.ctx.full({1, 1, 1, 4}, 2), 1.4, FreeUVersion::v2);
  EXPECT_TRUE(std::ranges::all_of(out.span<float>(), [](float v) { return v == 2; }));
}

}  // namespace
}  // namespace pxf::unet
