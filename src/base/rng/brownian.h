// The noise of SDE samplers: pieces of one Brownian path over the noise levels, so that the same seed with other steps
// walks through the same noise. torchsde's BrownianTree, as k-diffusion and ComfyUI use it.
// One thread at a time uses a path.
#pragma once

#include <vector>

#include "base/rng/generator.h"

namespace pxf {

class BrownianPath {
 public:
  /// `count` independent paths from sigma_min to sigma_max; 0 < sigma_min < sigma_max. Levels are told apart to six
  /// digits after the point, and those outside count as the ends.
  /// `kind`: torch_cpu is everybody's; A1111 with the "NV" source draws from torch_cuda.
  BrownianPath(GeneratorKind kind, std::uint64_t seed, double sigma_min, double sigma_max, std::size_t count);

  /// Standard normal numbers, `count` of them, for the step between two different levels. Disjoint steps are
  /// independent; the same step gives the same numbers, and with the other sign when it goes the other way.
  std::vector<float> noise(double from, double to);

 private:
  using Values = std::vector<double>;
  Values draw(std::uint64_t seed) const;
  /// How far the paths have come at a level.
  const Values& at(double level);

  GeneratorKind kind_;
  std::uint64_t seed_;
  double low_, high_;
  std::size_t count_;
  Values whole_;
  struct Known {
    double level;
    Values values;
  };
  std::vector<Known> known_;  // the last levels asked for, which the next step is likely to share
};

}  // namespace pxf
