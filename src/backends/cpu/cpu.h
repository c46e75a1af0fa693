// The backend for CPUs: own kernels written once over vectors of any width (Highway) and compiled for each instruction
// set; the widest that the machine has is chosen when the program runs. What it has no kernel for, the scalar reference
// does. Work is cut by shapes alone, so the number of threads does not change a byte.
#pragma once

#include "ops/kernel.h"

namespace pxf {

Backend make_cpu_backend();

void add_cpu_int8(Backend& backend);      // before all others: it declines unless asked for
void add_cpu_winograd(Backend& backend);  // before the other convolutions: it takes what it is faster at
void add_cpu_few_outputs(Backend& backend);
void add_cpu_dense(Backend& backend);
void add_cpu_attention(Backend& backend);
void add_cpu_norm(Backend& backend);
void add_cpu_elementwise(Backend& backend);

}  // namespace pxf
