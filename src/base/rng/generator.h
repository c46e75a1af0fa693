// Random numbers that repeat: the same seed gives the same picture, here and in the programs that people come from.
// A generator is a sequence: what a call gives depends on the calls before it. One thread at a time uses one generator.
// Not here: mixing seeds (picture_noise.h), the Brownian noise of SDE samplers (brownian.h).
#pragma once

#include <cstdint>
#include <memory>
#include <span>

namespace pxf {

class Generator {
 public:
  virtual ~Generator() = default;
  /// Fills `out` with standard normal numbers: those of the next torch.randn(out.size()).
  virtual void randn(std::span<float> out) = 0;
};

enum class GeneratorKind : std::uint8_t {
  torch_cpu,   // PyTorch's generator on the CPU: ComfyUI; A1111's "CPU"
  torch_cuda,  // PyTorch's on an NVIDIA card: A1111's "GPU" and "NV"
};

std::unique_ptr<Generator> make_generator(GeneratorKind kind, std::uint64_t seed);

}  // namespace pxf
