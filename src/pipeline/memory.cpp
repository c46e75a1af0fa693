#include "pipeline/memory.h"

#include <sys/resource.h>

#include <algorithm>
#include <fstream>
#include <limits>
#include <sstream>
#include <string>
#include <string_view>

#include "backends/backends.h"

namespace pxf {
namespace {

constexpr std::uint64_t kNoLimit = std::numeric_limits<std::uint64_t>::max();

// The number after "key:" in a file of such lines, in KiB.
std::uint64_t kib_field(const char* path, std::string_view key) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with(key)) continue;
    std::uint64_t value = 0;
    std::istringstream(line.substr(key.size())) >> value;
    return value * 1024;
  }
  return 0;
}

std::uint64_t number_in(const std::string& path) {
  std::uint64_t value = 0;
  return std::ifstream(path) >> value ? value : kNoLimit;  // "max" and an absent file are no limit
}

std::uint64_t left_of(std::uint64_t limit, std::uint64_t used) {
  return limit == kNoLimit ? kNoLimit : limit - std::min(limit, used);
}

std::uint64_t left_of_address_space() {
  rlimit limit{};
  if (getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return kNoLimit;
  return left_of(limit.rlim_cur, kib_field("/proc/self/status", "VmSize:"));
}

// Control groups, version 2: this process's own and all above it.
std::uint64_t left_of_groups() {
  std::ifstream file("/proc/self/cgroup");
  std::string line;
  while (std::getline(file, line) && !line.starts_with("0::")) {
  }
  if (!line.starts_with("0::")) return kNoLimit;
  std::uint64_t least = kNoLimit;
  for (std::string group = line.substr(3); !group.empty(); group.resize(group.find_last_of('/'))) {
    const std::string folder = "/sys/fs/cgroup" + group;
    const std::uint64_t limit = number_in(folder + "/memory.max");
    if (limit != kNoLimit) least = std::min(least, left_of(limit, number_in(folder + "/memory.current")));
  }
  return least;
}

std::uint64_t packed_bytes(const Declarations& declarations, std::string_view beginning) {
  std::uint64_t bytes = 0;
  for (const Declaration& d : declarations) {
    // Tables are read from the file row by row, the encoder's half is not used.
    if (!d.name.starts_with(beginning) || d.name.find("embedding") != std::string::npos) continue;
    bytes += packed_weight_bytes(d.shape, d.weight->defined() ? d.weight->dtype() : DType::f32);
  }
  return bytes;
}

}  // namespace

MemoryState read_memory_state() {
  MemoryState state;
  state.total = kib_field("/proc/meminfo", "MemTotal:");
  state.available = std::min({kib_field("/proc/meminfo", "MemAvailable:"), left_of_address_space(), left_of_groups()});
  return state;
}

std::uint64_t memory_for_weights(const Model& model) {
  std::uint64_t bytes = 0;
  if (model.network) bytes += packed_bytes(model.network->declarations(), "");
  if (model.autoencoder) bytes += packed_bytes(model.autoencoder->declarations(), "decoder.");
  for (const auto& text : model.texts) bytes += packed_bytes(text->declarations(), "");
  return bytes;
}

std::uint64_t memory_for(const Model& model, int width, int height, int batch, bool in_bands) {
  const std::int64_t h = height / model.latent.factor, w = width / model.latent.factor;
  std::uint64_t working = 0;
  if (model.network) working = model.network->working_bytes(batch, h, w);
  if (model.autoencoder) {
    const std::uint64_t bytes = in_bands ? model.autoencoder->working_bytes_in_bands(h, w, kVaeBand)
                                         : model.autoencoder->working_bytes(1, h, w);
    working = std::max(working, bytes);
  }
  return memory_for_weights(model) + working + kKernelWorkingBytes;
}

}  // namespace pxf
