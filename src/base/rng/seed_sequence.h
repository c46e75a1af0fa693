// numpy's SeedSequence: a seed for each place in a tree of generators. Melissa O'Neill's seed_seq_fe (2015), as in
// numpy/random/bit_generator.pyx.
#pragma once

#include <cstdint>
#include <span>

namespace pxf {

/// SeedSequence(seed, spawn_key=path, pool_size=24).generate_state(1)[0]: the pool size of torchsde.
std::uint32_t seed_at(std::uint64_t seed, std::span<const std::uint64_t> path = {});

}  // namespace pxf
