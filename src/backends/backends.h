// The backends this program has. Only the engine and the tests link them.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ops/kernel.h"
#include "tensor/dtype.h"
#include "tensor/shape.h"

namespace pxf {

/// All backends, the fastest first; each lives as long as the program.
std::span<const Backend* const> all_backends();
/// By name ("cpu", "reference"); null when there is none.
const Backend* find_backend(std::string_view name);

/// Bytes that kernels hold for a weight of this shape and type in the form they want it in.
std::uint64_t packed_weight_bytes(const Shape& shape, DType dtype);

/// Bytes of the pool that a kernel takes beside its op's arguments and result, at most. (Products in bytes take a
/// quarter of their input beside it, which may be more.)
inline constexpr std::uint64_t kKernelWorkingBytes = std::uint64_t{20} << 20;

/// The instruction sets that the cpu backend was built for and this machine runs, the widest first ("AVX3", "AVX2"...).
std::vector<std::string> cpu_instruction_sets();
/// Restricts the cpu backend to one of them, or lifts that with an empty name. For tests and measurements; call before
/// any weight is packed, from one thread. False when the machine has no such set.
bool use_instruction_set(std::string_view name);

}  // namespace pxf
