// Elements of packed panels as vectors of f32, for the kernels that include this once for each instruction set.
#if defined(PXF_CPU_PANEL_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef PXF_CPU_PANEL_INL_H_
#undef PXF_CPU_PANEL_INL_H_
#else
#define PXF_CPU_PANEL_INL_H_
#endif

#include <cstddef>
#include <cstdint>

#include "backends/cpu/vectors-inl.h"
#include "tensor/dtype.h"

HWY_BEFORE_NAMESPACE();
namespace pxf {
namespace HWY_NAMESPACE {

// The vector that begins with element i.
template <DType kType>
HWY_INLINE V load_panel(const std::byte* from, std::int64_t i) {
  const D d;
  if constexpr (kType == DType::f32) {
    return hn::LoadU(d, reinterpret_cast<const float*>(from) + i);
  } else if constexpr (kType == DType::f16) {
    const hn::Rebind<hwy::float16_t, D> halves;
    return hn::PromoteTo(d, hn::LoadU(halves, reinterpret_cast<const hwy::float16_t*>(from) + i));
  } else {
    static_assert(kType == DType::bf16);
    const hn::RebindToUnsigned<D> bits;
    const hn::Rebind<std::uint16_t, D> halves;
    const auto upper = hn::LoadU(halves, reinterpret_cast<const std::uint16_t*>(from) + i);
    return hn::BitCast(d, hn::ShiftLeft<16>(hn::PromoteTo(bits, upper)));
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace pxf
HWY_AFTER_NAMESPACE();
#endif
