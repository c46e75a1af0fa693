// The scalar backend: the definition of every op in plain loops. It is the oracle of the conformance tests and the last
// resort of every other backend. Sums are kept in f64 and rounded once, so that what it says is right to the last bits.
// Not here: speed.
#pragma once

#include "ops/kernel.h"

namespace pxf {

Backend make_reference_backend();

/// Appends the scalar kernels to a backend's lists.
void add_reference_kernels(Backend& backend);

void add_reference_dense(Backend& backend);
void add_reference_attention(Backend& backend);
void add_reference_norm(Backend& backend);
void add_reference_elementwise(Backend& backend);
void add_reference_arrange(Backend& backend);

}  // namespace pxf
