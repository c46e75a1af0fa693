// Merged elements that depend on nothing but the elements in the same place.
#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "weights/merge/method.h"

namespace pxf {

class ElementWise : public ComputedElements {
 public:
  explicit ElementWise(MergeInputs inputs) : inputs_(std::move(inputs)) {}

  void release() override {
    for (const Weight& model : inputs_.models) model.release();
    inputs_.base.release();
  }

 protected:
  std::int64_t count() const { return inputs_.models[0].shape().numel(); }

  /// Elements of the base, or of a model.
  static std::vector<float> elements(const Weight& of, std::int64_t begin, std::size_t count) {
    std::vector<float> out(count);
    of.read_f32(begin, out);
    return out;
  }

  const MergeInputs inputs_;
};

/// out = sums, rounded once.
inline void round_to(std::span<const double> sums, std::span<float> out) {
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<float>(sums[i]);
}

}  // namespace pxf
