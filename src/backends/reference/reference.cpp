#include "backends/reference/reference.h"

namespace pxf {

void add_reference_kernels(Backend& backend) {
  add_reference_dense(backend);
  add_reference_attention(backend);
  add_reference_norm(backend);
  add_reference_elementwise(backend);
  add_reference_arrange(backend);
}

Backend make_reference_backend() {
  Backend backend;
  backend.name = "reference";
  add_reference_kernels(backend);
  return backend;
}

}  // namespace pxf
