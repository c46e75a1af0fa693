// Held against numbers that torch.nn.functional.interpolate gave (2.15, f32): abs 2e-6.
#include "sampling/latent_resize.h"

#include <gmock/gmock.h>

#include <array>
#include <vector>

#include "ops/arrange.h"
#include "support.h"

namespace pxf::test {
namespace {

using testing::FloatNear;
using testing::Pointwise;

struct Case {
  HiresUpscaler how;
  std::array<float, 15> want;
};

TEST(LatentResize, IsPyTorchsInEveryMode) {
  Computer on;
  const std::array<float, 6> values{0.5f, -1.25f, 2, 1.5f, 0.25f, -0.75f};
  const Tensor latent = channels_last(on.ctx.from(std::span<const float>(values), {1, 1, 2, 3}));
  for (const Case& one : {
           Case{HiresUpscaler::latent,
                {0.5f, -0.2f, -1.25f, 0.7f, 2, 1, 0.4f, -0.5f, 0.175f, 0.625f, 1.5f, 1, 0.25f, -0.35f, -0.75f}},
           Case{HiresUpscaler::latent_bicubic,
                {0.585361f, -0.543208f, -1.380208f, 0.705449f, 2.586133f, 1.144f, 0.337f, -0.5f, 0.0805f, 0.733f,
                 1.702639f, 1.217208f, 0.380208f, -0.544448f, -1.120131f}},
           Case{HiresUpscaler::latent_bicubic_antialiased,
                {0.568769f, -0.349175f, -1.348684f, 0.863094f, 2.447306f, 1.113207f, 0.423507f, -0.5f, 0.163246f,
                 0.709906f, 1.657646f, 1.19619f, 0.348684f, -0.536602f, -1.027495f}},
           Case{HiresUpscaler::latent_nearest,
                {0.5f, 0.5f, -1.25f, -1.25f, 2, 0.5f, 0.5f, -1.25f, -1.25f, 2, 1.5f, 1.5f, 0.25f, 0.25f, -0.75f}},
           Case{HiresUpscaler::latent_nearest_exact,
                {0.5f, 0.5f, -1.25f, 2, 2, 1.5f, 1.5f, 0.25f, -0.75f, -0.75f, 1.5f, 1.5f, 0.25f, -0.75f, -0.75f}},
       }) {
    const Tensor got = resized_latent(latent, 3, 5, one.how);
    EXPECT_THAT(std::vector<float>(got.span<float>().begin(), got.span<float>().end()),
                Pointwise(FloatNear(2e-6f), one.want))
        << static_cast<int>(one.how);
  }
}

}  // namespace
}  // namespace pxf::test
