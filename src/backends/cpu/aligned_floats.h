// Scratch memory of a thread, aligned as vectors and cache lines want it.
#pragma once

#include <hwy/aligned_allocator.h>

#include <cstdint>
#include <new>

namespace pxf {

class AlignedFloats {
 public:
  /// Room for `count` numbers, contents undefined; the same room as the last time if that was large enough.
  float* at_least(std::int64_t count) {
    if (count > count_) {
      memory_ = hwy::AllocateAligned<float>(static_cast<std::size_t>(count));
      count_ = count;
      if (!memory_) throw std::bad_alloc();
    }
    return memory_.get();
  }

 private:
  hwy::AlignedFreeUniquePtr<float[]> memory_;
  std::int64_t count_ = 0;
};

}  // namespace pxf
