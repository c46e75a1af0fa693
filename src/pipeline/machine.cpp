#include <algorithm>
#include <fstream>

#include "backends/backends.h"
#include "pipeline/engine_state.h"
#include "pipeline/memory.h"

namespace pxf {
namespace {

std::string cpu_model() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with("model name")) continue;
    const std::size_t colon = line.find(": ");
    return colon == std::string::npos ? "" : line.substr(colon + 2);
  }
  return "";
}

}  // namespace

MachineInfo Engine::machine() const {
  MachineInfo info;
  info.version = version();
  info.cpu = cpu_model();
  info.processors = ThreadPool::available_processors();
  info.threads = state_->threads ? state_->threads->threads() : 0;
  info.backend = state_->options.backend;
  info.instruction_sets = cpu_instruction_sets();
  const MemoryState memory = read_memory_state();
  info.memory_total = memory.total;
  info.memory_available = memory.available;
  if (const std::uint64_t limit = state_->options.memory_limit; limit > 0) {
    info.memory_available = std::min(memory.available, limit);
  }
  return info;
}

}  // namespace pxf
