#include "weights/merge/element_wise.h"

namespace pxf {
namespace {

class WeightedSum final : public ElementWise {
 public:
  using ElementWise::ElementWise;

  void read(std::int64_t begin, std::span<float> out) override {
    std::vector<double> sums(out.size());
    for (std::size_t m = 0; m < inputs_.models.size(); ++m) {
      const std::vector<float> model = elements(inputs_.models[m], begin, out.size());
      const double weight = inputs_.weights[m];
      for (std::size_t i = 0; i < out.size(); ++i) sums[i] += weight * double{model[i]};
    }
    round_to(sums, out);
  }
};

}  // namespace

MergedElements weighted_sum(MergeInputs inputs) { return std::make_shared<WeightedSum>(std::move(inputs)); }

}  // namespace pxf
