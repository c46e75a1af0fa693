// A tensor's elements looked at in shares, whose bounds do not depend on the number of threads: neither do sums over
// what they give, taken in order.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/thread_pool.h"

namespace pxf {

inline constexpr std::int64_t kShareElements = std::int64_t{1} << 16;

/// of_share(begin, count) for all of `count` elements, in order; on this thread when `pool` is null.
template <class T, class OfShare>
std::vector<T> in_shares(ThreadPool* pool, std::int64_t count, const OfShare& of_share) {
  std::vector<T> out(static_cast<std::size_t>((count + kShareElements - 1) / kShareElements));
  const auto one = [&](std::int64_t share) {
    const std::int64_t begin = share * kShareElements;
    out[static_cast<std::size_t>(share)] =
        of_share(begin, static_cast<std::size_t>(std::min(kShareElements, count - begin)));
  };
  const auto shares = static_cast<std::int64_t>(out.size());
  if (pool != nullptr && shares > 1) {
    pool->parallel_for(shares, one);
  } else {
    for (std::int64_t share = 0; share < shares; ++share) one(share);
  }
  return out;
}

}  // namespace pxf
