#include "tensor/narrow.h"

#include <cstdint>
#include <cstring>

#include "base/error.h"
#include "base/half.h"
#include "tensor/quantise.h"

namespace pxf {
namespace {

template <class T, class Convert>
void narrow(std::span<const float> values, std::byte* out, Convert convert) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    const T code = convert(values[i]);
    std::memcpy(out + i * sizeof code, &code, sizeof code);
  }
}

}  // namespace

bool can_narrow_to(DType dtype) noexcept {
  switch (dtype) {
    case DType::f32:
    case DType::f16:
    case DType::bf16:
    case DType::f8_e4m3:
    case DType::f8_e5m2: return true;
    default: return can_quantise_to(dtype);
  }
}

void narrow_from_f32(std::span<const float> values, DType dtype, std::span<std::byte> out) {
  const auto need = bytes_of(dtype, std::ssize(values));
  require(need && *need == out.size(),
          "[narrow] {} elements as {}: got room for {} bytes, need whole blocks of {} in {}", values.size(),
          name_of(dtype), out.size(), block_elements(dtype), block_bytes(dtype));
  switch (dtype) {
    case DType::f32: return narrow<float>(values, out.data(), [](float v) { return v; });
    case DType::f16: return narrow<std::uint16_t>(values, out.data(), f16_from_f32);
    case DType::bf16: return narrow<std::uint16_t>(values, out.data(), bf16_from_f32);
    case DType::f8_e4m3: return narrow<std::uint8_t>(values, out.data(), f8_e4m3_from_f32);
    case DType::f8_e5m2: return narrow<std::uint8_t>(values, out.data(), f8_e5m2_from_f32);
    default: return quantise(values, dtype, out);
  }
}

}  // namespace pxf
