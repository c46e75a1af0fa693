#include "pipeline/memory.h"

#include <sys/resource.h>
#include <unistd.h>

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

/// Of the weights of a part as kernels hold them.
struct PackedBytes {
  std::uint64_t all = 0, largest = 0;

  PackedBytes& operator+=(const PackedBytes& other) {
    all += other.all;
    largest = std::max(largest, other.largest);
    return *this;
  }
};

PackedBytes packed_bytes(const Declarations& declarations, std::string_view beginning) {
  PackedBytes sum;
  for (const Declaration& d : declarations) {
    // Tables are read from the file row by row, the encoder's half is not used.
    if (!d.name.starts_with(beginning) || d.name.find("embedding") != std::string::npos) continue;
    const std::uint64_t bytes = packed_weight_bytes(d.shape, d.weight->defined() ? d.weight->dtype() : DType::f32);
    sum += {bytes, bytes};
  }
  return sum;
}

PackedBytes packed_texts(const Model& model) {
  PackedBytes sum;
  for (const auto& text : model.texts) sum += packed_bytes(text->declarations(), "");
  return sum;
}

/// A part of the model at work.
struct PartAtWork {
  PackedBytes weights;
  std::uint64_t working = 0;

  std::uint64_t all() const { return weights.all + working; }
  /// With weights packed for each use: one that is used, and one read from the file.
  std::uint64_t least() const { return std::min(all(), working + 2 * weights.largest); }
  /// That the weights may take so that it works within `room`; 0: all.
  std::uint64_t limit(std::uint64_t room) const {
    if (all() <= room) return 0;
    const std::uint64_t beside = working + 2 * weights.largest;
    return std::max<std::uint64_t>(1, room - std::min(room, beside));
  }
};

}  // namespace

MemoryState read_memory_state() {
  MemoryState state;
  state.total = kib_field("/proc/meminfo", "MemTotal:");
  state.available = std::min({kib_field("/proc/meminfo", "MemAvailable:"), left_of_address_space(), left_of_groups()});
  return state;
}

std::uint64_t memory_for_weights(const Model& model) {
  PackedBytes sum = packed_texts(model);
  if (model.network) sum += packed_bytes(model.network->declarations(), "");
  if (model.autoencoder) sum += packed_bytes(model.autoencoder->declarations(), "decoder.");
  return sum.all;
}

std::uint64_t resident_bytes() {
  std::uint64_t size = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> size >> resident;
  return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

MemoryPlan plan_memory(const MemoryNeeds& needs, std::uint64_t room) {
  const Model& model = needs.model;
  const std::int64_t h = needs.height / model.latent.factor, w = needs.width / model.latent.factor;
  const PartAtWork text{packed_texts(model), 2 * kKernelWorkingBytes};
  PartAtWork network{packed_bytes(model.network->declarations(), ""), kKernelWorkingBytes};
  network.working += model.network->working_bytes(needs.batch, h, w);
  network.weights.all += needs.changed;
  if (needs.changed > 0) network.weights.largest *= 2;  // of halves that a LoRA changes, numbers become whole
  const auto decoder = [&](bool in_bands) {
    const std::uint64_t bytes = in_bands ? model.autoencoder->working_bytes_in_bands(h, w, kVaeBand)
                                         : model.autoencoder->working_bytes(1, h, w);
    return PartAtWork{packed_bytes(model.autoencoder->declarations(), "decoder."), bytes + kKernelWorkingBytes};
  };
  const auto at_once = [&](bool in_bands) {
    const PartAtWork vae = decoder(in_bands);
    const std::uint64_t weights = text.weights.all + network.weights.all + vae.weights.all;
    return MemoryPlan{.vae_in_bands = in_bands, .bytes = weights + std::max(network.working, vae.working)};
  };
  const auto in_turn = [&](bool in_bands) {
    const PartAtWork vae = decoder(in_bands);
    MemoryPlan out{in_bands, true, text.limit(room), network.limit(room), vae.limit(room)};
    const bool packs_once = out.text == 0 && out.network == 0 && out.vae == 0;
    out.bytes = packs_once ? std::max({text.all(), network.all(), vae.all()})
                           : std::max({text.least(), network.least(), vae.least(), room});
    return out;
  };
  const bool may = needs.may_be_in_bands;
  const MemoryPlan whole = at_once(needs.in_bands);
  if (whole.bytes <= room) return whole;
  if (const MemoryPlan bands = at_once(true); needs.for_good && may && bands.bytes <= room) return bands;
  const MemoryPlan parts = in_turn(needs.in_bands);
  if (parts.vae == 0 && parts.bytes <= room) return parts;
  return may ? in_turn(true) : parts;
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
