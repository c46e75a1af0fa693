#include "weights/adapters/product_kernels.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "weights/adapters/product_kernels.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace pxf {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;
using D = hn::ScalableTag<float>;
using V = hn::Vec<D>;

constexpr int kRows = 6;  // with two vectors each, one of a and two of b they fill 16 registers
constexpr std::int64_t kLanes = static_cast<std::int64_t>(hn::MaxLanes(D()));
constexpr std::int64_t kWidth = 2 * kLanes;

// Sums first, then one addition: what an element becomes does not depend on which rows are computed together.
template <int kTileRows>
void add_tile(const ProductArgs& p, std::int64_t row) {
  const D d;
  V left[kTileRows], right[kTileRows];
  const float* a[kTileRows];
#pragma GCC unroll 8
  for (int i = 0; i < kTileRows; ++i) {
    left[i] = right[i] = hn::Zero(d);
    a[i] = p.a + (row + i) * p.a_stride;
  }
  const float* HWY_RESTRICT b = p.b;
  for (std::int64_t k = 0; k < p.depth; ++k, b += kWidth) {
    const V b_left = hn::Load(d, b), b_right = hn::Load(d, b + kLanes);
#pragma GCC unroll 8
    for (int i = 0; i < kTileRows; ++i) {
      const V x = hn::Set(d, a[i][k]);
      left[i] = hn::MulAdd(x, b_left, left[i]);
      right[i] = hn::MulAdd(x, b_right, right[i]);
    }
  }
  const V scale = hn::Set(d, p.scale);
#pragma GCC unroll 8
  for (int i = 0; i < kTileRows; ++i) {
    float* c = p.c + (row + i) * p.c_stride;
    hn::StoreU(hn::MulAdd(scale, left[i], hn::LoadU(d, c)), d, c);
    hn::StoreU(hn::MulAdd(scale, right[i], hn::LoadU(d, c + kLanes)), d, c + kLanes);
  }
}

void add_whole(const ProductArgs& p) {
  std::int64_t row = 0;
  for (; row + kRows <= p.rows; row += kRows) add_tile<kRows>(p, row);
  for (; row + 2 <= p.rows; row += 2) add_tile<2>(p, row);
  if (row < p.rows) add_tile<1>(p, row);
}

// The last strip may be wider than what is left of c: it is computed beside c.
void add(const ProductArgs& p) {
  if (p.columns == kWidth) return add_whole(p);
  float edge[kWidth] = {};
  ProductArgs one = p;
  one.c = edge;
  one.rows = 1;
  for (std::int64_t i = 0; i < p.rows; ++i, one.a += p.a_stride) {
    float* c = p.c + i * p.c_stride;
    std::copy_n(c, p.columns, edge);
    add_whole(one);
    std::copy_n(edge, p.columns, c);
  }
}

}  // namespace

const ProductKernels* product_table() {
  static const ProductKernels table{kWidth, add};
  return &table;
}

}  // namespace HWY_NAMESPACE
}  // namespace pxf
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace pxf {

HWY_EXPORT(product_table);

const ProductKernels& product_kernels() { return *HWY_DYNAMIC_DISPATCH(product_table)(); }

}  // namespace pxf
#endif
