// How much memory this process may still take, and whether a request fits into it: found out before it is taken.
#pragma once

#include <cstdint>

#include "models/family.h"

namespace pxf {

struct MemoryState {
  std::uint64_t total = 0;      // of the machine
  std::uint64_t available = 0;  // to this process: what the machine has free, within its limits (ulimit -v, cgroup)
};
MemoryState read_memory_state();

/// Bytes that a picture of this size needs in all: weights as kernels hold them, and the larger of the network's and
/// the autoencoder's intermediate results. Sides in pixels; `batch` evaluations at once.
/// `in_bands`: of an autoencoder that works in bands of kVaeBand numbers.
std::uint64_t memory_for(const Model& model, int width, int height, int batch, bool in_bands = false);

/// The weights alone.
std::uint64_t memory_for_weights(const Model& model);

/// 64 MiB a band: large against what two bands share, small against what is saved.
inline constexpr std::int64_t kVaeBand = std::int64_t{16} << 20;

}  // namespace pxf
