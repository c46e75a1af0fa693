// How far two tensors lie apart.
#pragma once

#include "base/thread_pool.h"
#include "ops/weight.h"

namespace pxf {

struct Comparison {
  double aa = 0, bb = 0, ab = 0;  // sums of products of elements
  double dd = 0;                  // of the squares of b - a
  double largest = 0;             // |b - a|
  bool equal = true;              // all elements are
  bool finite = true;             // otherwise the numbers say nothing

  Comparison& operator+=(const Comparison& other);
};

/// Of equally many elements each; sums do not depend on the number of threads. `pool` may be null.
Comparison compare(const Weight& a, const Weight& b, ThreadPool* pool);

}  // namespace pxf
