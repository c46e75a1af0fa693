// PyTorch's generator on an NVIDIA card: Philox 4x32-10 (Salmon et al. 2011) and curand's Box-Muller.
// Element i of the k-th call depends on (seed, k, i) alone. True of a device as long as a call asks for no more
// elements than its grid has threads (about 170,000 to 270,000 on today's cards: any usual latent).
#pragma once

#include <array>

#include "base/rng/generator.h"

namespace pxf {

/// Ten rounds of Philox on one counter.
std::array<std::uint32_t, 4> philox4x32(std::array<std::uint32_t, 4> counter,
                                        std::array<std::uint32_t, 2> key) noexcept;

class TorchCudaGenerator final : public Generator {
 public:
  explicit TorchCudaGenerator(std::uint64_t seed) : seed_(seed) {}
  void randn(std::span<float> out) override;

 private:
  std::uint64_t seed_;
  std::uint32_t call_ = 0;
};

}  // namespace pxf
