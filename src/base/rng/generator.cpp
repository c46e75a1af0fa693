#include "base/rng/generator.h"

#include "base/rng/torch_cpu.h"
#include "base/rng/torch_cuda.h"

namespace pxf {

std::unique_ptr<Generator> make_generator(GeneratorKind kind, std::uint64_t seed) {
  if (kind == GeneratorKind::torch_cuda) return std::make_unique<TorchCudaGenerator>(seed);
  return std::make_unique<TorchCpuGenerator>(seed);
}

}  // namespace pxf
