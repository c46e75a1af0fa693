// What this machine's vector units can do at most: what the kernels' figures are held against. One thread's work.
#pragma once

#include <cstdint>

namespace pxf {

/// Runs `rounds` of multiply-adds of f32 in the widest vectors; gives how many operations that was (an add and a
/// multiplication are two).
double multiply_adds_f32(std::int64_t rounds);

/// The same of sums of four products of bytes (VNNI); 0 where the processor has no such instruction for 512 bits.
double byte_products(std::int64_t rounds);

}  // namespace pxf
