// OpenCLIP's text encoder in files that lack the last layer.
#include "models/text/open_clip.h"

#include <gtest/gtest.h>

#include "golden_files.h"
#include "models/latent_diffusion.h"
#include "support.h"

namespace pxf {
namespace {

TEST(OpenClip, AFileWithoutTheLastLayerGivesTheSameFeatures) {
  const Catalog all(value_or_throw(open_safetensors(test::golden_folder() / "families/sd2/checkpoint.safetensors")));
  const Catalog names = all.under("cond_stage_model.model");
  text::Layout whole = text::read_open_clip_layout(names, 0), cut = whole;
  ASSERT_GE(whole.layers, 2);
  cut.layers -= 1;
  cut.left_out = 1;
  LoadReport report;
  const auto first = bound(std::make_unique<text::OpenClipText>(whole), names, report);
  const auto second = bound(std::make_unique<text::OpenClipText>(cut), names, report);
  test::Computer on("cpu");
  const std::vector<std::int32_t> ids{1, 5, 9, 3};
  const Tensor rows = on.ctx.from(ids, {1, 4});
  const Tensor want = first->encode({rows}, 2).features, got = second->encode({rows}, 2).features;
  EXPECT_TRUE(std::ranges::equal(got.span<float>(), want.span<float>()));
  EXPECT_THROW(second->encode({rows}, 1), Failure);  // what it reads is not there
}

}  // namespace
}  // namespace pxf
