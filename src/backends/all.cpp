// The only list of backends.
#include <array>

#include "backends/backends.h"
#include "backends/cpu/cpu.h"
#include "backends/reference/reference.h"

namespace pxf {

std::span<const Backend* const> all_backends() {
  static const Backend cpu = make_cpu_backend();
  static const Backend reference = make_reference_backend();
  static const std::array<const Backend*, 2> all{&cpu, &reference};
  return all;
}

const Backend* find_backend(std::string_view name) {
  for (const Backend* backend : all_backends()) {
    if (backend->name == name) return backend;
  }
  return nullptr;
}

}  // namespace pxf
