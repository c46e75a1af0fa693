// Vectors of f32 as wide as the instruction set has them, and the shape of a tile of products made of them, for the
// kernels that include this once for each instruction set.
#if defined(PXF_CPU_VECTORS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef PXF_CPU_VECTORS_INL_H_
#undef PXF_CPU_VECTORS_INL_H_
#else
#define PXF_CPU_VECTORS_INL_H_
#endif

#include <hwy/highway.h>

#include <cstdint>

HWY_BEFORE_NAMESPACE();
namespace pxf {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;
using D = hn::ScalableTag<float>;
using V = hn::Vec<D>;
constexpr std::int64_t kLanes = static_cast<std::int64_t>(hn::MaxLanes(D()));

// Two vectors a row, and as many rows as leave registers for two vectors of B and one of A: 12 x 2 of 32 registers,
// 6 x 2 of 16.
constexpr int kRows = kLanes >= 16 ? 12 : 6;
constexpr std::int64_t kColumns = 2 * kLanes;

}  // namespace HWY_NAMESPACE
}  // namespace pxf
HWY_AFTER_NAMESPACE();
#endif
