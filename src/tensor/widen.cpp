#include "tensor/widen.h"

#include <cstdint>

#include "base/error.h"
#include "base/half.h"

namespace pxf {
namespace {

template <class T, class Convert>
void widen(Bytes bytes, std::span<float> out, Convert convert) {
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = convert(load_le<T>(bytes, i * sizeof(T)));
}

template <class T>
void widen(Bytes bytes, std::span<float> out) {
  widen<T>(bytes, out, [](T value) { return static_cast<float>(value); });
}

}  // namespace

void widen_to_f32(Bytes bytes, DType dtype, std::span<float> out) {
  require(bytes.size() >= out.size() * size_of(dtype), "[widen] {} elements of {}: got {} bytes", out.size(),
          name_of(dtype), bytes.size());
  switch (dtype) {
    case DType::f64: return widen<double>(bytes, out);
    case DType::f32: return widen<float>(bytes, out);
    case DType::f16: return widen<std::uint16_t>(bytes, out, f32_from_f16);
    case DType::bf16: return widen<std::uint16_t>(bytes, out, f32_from_bf16);
    case DType::f8_e4m3: return widen<std::uint8_t>(bytes, out, f32_from_f8_e4m3);
    case DType::f8_e5m2: return widen<std::uint8_t>(bytes, out, f32_from_f8_e5m2);
    case DType::i64: return widen<std::int64_t>(bytes, out);
    case DType::i32: return widen<std::int32_t>(bytes, out);
    case DType::i16: return widen<std::int16_t>(bytes, out);
    case DType::i8: return widen<std::int8_t>(bytes, out);
    case DType::u64: return widen<std::uint64_t>(bytes, out);
    case DType::u32: return widen<std::uint32_t>(bytes, out);
    case DType::u16: return widen<std::uint16_t>(bytes, out);
    case DType::u8: return widen<std::uint8_t>(bytes, out);
    case DType::boolean: return widen<std::uint8_t>(bytes, out, [](std::uint8_t v) { return v != 0 ? 1.0f : 0.0f; });
  }
}

}  // namespace pxf
