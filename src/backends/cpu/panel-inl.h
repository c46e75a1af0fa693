// Elements of packed panels as vectors of f32, for the kernels that include this once for each instruction set.
#if defined(PXF_CPU_PANEL_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef PXF_CPU_PANEL_INL_H_
#undef PXF_CPU_PANEL_INL_H_
#else
#define PXF_CPU_PANEL_INL_H_
#endif

#include <hwy/highway.h>

#include <cstddef>
#include <cstdint>

#include "tensor/dtype.h"

HWY_BEFORE_NAMESPACE();
namespace pxf {
namespace HWY_NAMESPACE {

// The vector that begins with element i.
template <DType kType>
HWY_INLINE hwy::HWY_NAMESPACE::Vec<hwy::HWY_NAMESPACE::ScalableTag<float>> load_panel(const std::byte* from,
                                                                                      std::int64_t i) {
  namespace hn = hwy::HWY_NAMESPACE;
  const hn::ScalableTag<float> d;
  if constexpr (kType == DType::f32) {
    return hn::LoadU(d, reinterpret_cast<const float*>(from) + i);
  } else if constexpr (kType == DType::f16) {
    const hn::Rebind<hwy::float16_t, hn::ScalableTag<float>> halves;
    return hn::PromoteTo(d, hn::LoadU(halves, reinterpret_cast<const hwy::float16_t*>(from) + i));
  } else {
    static_assert(kType == DType::bf16);
    const hn::RebindToUnsigned<hn::ScalableTag<float>> bits;
    const hn::Rebind<std::uint16_t, hn::ScalableTag<float>> halves;
    const auto upper = hn::LoadU(halves, reinterpret_cast<const std::uint16_t*>(from) + i);
    return hn::BitCast(d, hn::ShiftLeft<16>(hn::PromoteTo(bits, upper)));
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace pxf
HWY_AFTER_NAMESPACE();
#endif
