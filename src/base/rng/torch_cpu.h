// PyTorch's generator on the CPU: mt19937 (Matsumoto and Nishimura 1998) and the transform of Box and Muller (1958).
// Source: ATen/native/cpu/DistributionTemplates.h, ATen/core/DistributionsHelper.h. Agrees to 2e-6: PyTorch's own last
// bits depend on the machine it runs on.
#pragma once

#include <optional>
#include <random>

#include "base/rng/generator.h"

namespace pxf {

class TorchCpuGenerator final : public Generator {
 public:
  /// Only the low 32 bits of the seed count, as in PyTorch.
  explicit TorchCpuGenerator(std::uint64_t seed) : bits_(static_cast<std::uint32_t>(seed)) {}
  void randn(std::span<float> out) override;

 private:
  double next_normal();

  std::mt19937 bits_;
  std::optional<double> spare_;  // the sine whose cosine next_normal gave last; survives calls that fill blocks
};

}  // namespace pxf
