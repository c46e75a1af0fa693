#include "weights/merge/element_wise.h"

namespace pxf {
namespace {

class AddDifference final : public ElementWise {
 public:
  using ElementWise::ElementWise;

  void read(std::int64_t begin, std::span<float> out) override {
    inputs_.models[0].read_f32(begin, out);
    std::vector<double> sums(out.begin(), out.end());
    const std::vector<float> base = elements(inputs_.base, begin, out.size());
    for (std::size_t m = 1; m < inputs_.models.size(); ++m) {
      const std::vector<float> model = elements(inputs_.models[m], begin, out.size());
      const double weight = inputs_.weights[m];
      for (std::size_t i = 0; i < out.size(); ++i) sums[i] += weight * (double{model[i]} - double{base[i]});
    }
    round_to(sums, out);
  }
};

}  // namespace

MergedElements add_difference(MergeInputs inputs) { return std::make_shared<AddDifference>(std::move(inputs)); }

}  // namespace pxf
