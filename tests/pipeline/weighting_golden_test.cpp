// What the weights of a prompt do to its encoding, against A1111 and ComfyUI.
#include "golden_files.h"
#include "pipeline/weighting.h"
#include "support.h"

namespace pxf {
namespace {

TEST(WeightingGolden, A1111AndComfy) {
  const test::GoldenArrays golden("prompt/weighting.safetensors");
  const std::vector<float> w = golden.f32("weights"), z = golden.f32("z"), empty = golden.f32("empty");
  const std::vector<double> weights(w.begin(), w.end());
  std::vector<float> row = z;
  weigh_as_a1111(row, weights);
  test::expect_close(row, golden.f32("a1111.original"), 1e-6);
  row = z;
  weigh_as_comfy(row, weights, empty);
  test::expect_close(row, golden.f32("comfy"), 1e-6);
}

TEST(Weighting, WeightsOfZeroGiveNoNan) {
  std::vector<float> row{1, 2, 3, 4};
  weigh_as_a1111(row, std::vector<double>{0, 0});
  EXPECT_EQ(row, std::vector<float>(4, 0.0f));
}

}  // namespace
}  // namespace pxf
