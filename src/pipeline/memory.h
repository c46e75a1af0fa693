// How much memory this process may still take, and whether a request fits into it: found out before it is taken.
#pragma once

#include <cstdint>
#include <optional>

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

/// Bytes of this process that are in memory now: also what is read of mapped files.
std::uint64_t resident_bytes();

/// How a picture is drawn within a limit. Bytes are those of an engine's pool: weights as kernels hold them, and what
/// lies between layers.
struct MemoryPlan {
  bool vae_in_bands = false;
  bool in_turn = false;  // text encoders, network and autoencoder have their weights one after another
  std::uint64_t text = 0, network = 0, vae = 0;  // that the weights of each may take; 0: all that they want
  std::uint64_t bytes = 0;                       // that it comes to
};
struct MemoryNeeds {
  const Model& model;
  int width = 0, height = 0, batch = 0;
  bool in_bands = false, may_be_in_bands = true;
  bool for_good = true;       // the weights of a part stay when it has done its work
  std::uint64_t changed = 0;  // of the network's weights, by LoRAs
};
/// The first way that fits into `room`: all at once, part by part, in bands, with weights packed for each use; else the
/// last of them, with more bytes than there is room for.
MemoryPlan plan_memory(const MemoryNeeds& needs, std::uint64_t room);

/// 64 MiB a band: large against what two bands share, small against what is saved.
inline constexpr std::int64_t kVaeBand = std::int64_t{16} << 20;

}  // namespace pxf
