#include "backends/cpu/cpu.h"

#include "backends/reference/reference.h"

namespace pxf {

Backend make_cpu_backend() {
  Backend backend;
  backend.name = "cpu";
  add_cpu_int8(backend);
  add_cpu_winograd(backend);
  add_cpu_few_outputs(backend);
  add_cpu_dense(backend);
  add_cpu_attention(backend);
  add_cpu_norm(backend);
  add_cpu_elementwise(backend);
  add_reference_kernels(backend);
  return backend;
}

}  // namespace pxf
