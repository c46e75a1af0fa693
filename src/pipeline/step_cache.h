// Deep features of the network through the steps of one run: which evaluations take those of an earlier one.
// Ma et al. 2023, "DeepCache: Accelerating Diffusion Models for Free".
#pragma once

#include <cstddef>
#include <vector>

#include "models/parts.h"

namespace pxf {

/// A sampler that asks several times at a step has features for each: its first question takes those of an earlier
/// first one, its second those of a second. Otherwise all that a second-order method learns at a step's end would be
/// what it has seen at the beginning.
class StepCache {
 public:
  explicit StepCache(const DeepCache& how) : how_(how) {}

  void begin_step(int step) {
    step_ = step;
    asked_ = 0;
  }
  /// For the next question, which the network is asked in `parts` at this noise level. `subject`: all else that has to
  /// be as it was: prompts, LoRAs. Features are there, or are to be kept there. Valid until the next call.
  std::vector<DeepFeatures>& next(const std::vector<const void*>& subject, std::size_t parts, double sigma);

 private:
  struct Kept {
    int step = 0;
    double sigma = 0;  // when it was last asked for
    std::vector<const void*> subject = {};
    std::vector<DeepFeatures> parts = {};
  };
  DeepCache how_;
  int step_ = 1;
  std::size_t asked_ = 0;
  std::vector<Kept> kept_;  // by their number at a step
};

}  // namespace pxf
