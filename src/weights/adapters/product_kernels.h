// The inner loop of products with thin matrices, once for each instruction set.
#pragma once

#include <cstdint>

namespace pxf {

/// c (rows x columns) += scale * a (rows x depth) times b, b being one strip: depth rows of `ProductKernels::width`
/// numbers, of which the first `columns` count.
struct ProductArgs {
  const float* a;
  std::int64_t a_stride;
  const float* b;  // aligned as vectors are
  std::int64_t depth;
  float scale;
  float* c;
  std::int64_t c_stride;
  std::int64_t rows, columns;
};

struct ProductKernels {
  std::int64_t width;
  void (*add)(const ProductArgs&);
};
const ProductKernels& product_kernels();

}  // namespace pxf
