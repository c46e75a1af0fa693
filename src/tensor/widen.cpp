#include "tensor/widen.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/error.h"
#include "base/half.h"
#include "tensor/dequantise.h"

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

/// What each of 256 codes means.
template <float (*kMeaning)(std::uint8_t)>
float looked_up(std::uint8_t code) {
  static const auto table = [] {
    std::array<float, 256> all;
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = kMeaning(static_cast<std::uint8_t>(i));
    return all;
  }();
  return table[code];
}

/// `bytes` begins with the first element wanted.
void widen_plain(Bytes bytes, DType dtype, std::span<float> out) {
  switch (dtype) {
    case DType::f64: return widen<double>(bytes, out);
    case DType::f32: return widen<float>(bytes, out);
    case DType::f16: return widen<std::uint16_t>(bytes, out, f32_from_f16);
    case DType::bf16: return widen<std::uint16_t>(bytes, out, f32_from_bf16);
    case DType::f8_e4m3: return widen<std::uint8_t>(bytes, out, looked_up<f32_from_f8_e4m3>);
    case DType::f8_e5m2: return widen<std::uint8_t>(bytes, out, looked_up<f32_from_f8_e5m2>);
    case DType::i64: return widen<std::int64_t>(bytes, out);
    case DType::i32: return widen<std::int32_t>(bytes, out);
    case DType::i16: return widen<std::int16_t>(bytes, out);
    case DType::i8: return widen<std::int8_t>(bytes, out);
    case DType::u64: return widen<std::uint64_t>(bytes, out);
    case DType::u32: return widen<std::uint32_t>(bytes, out);
    case DType::u16: return widen<std::uint16_t>(bytes, out);
    case DType::u8: return widen<std::uint8_t>(bytes, out);
    case DType::boolean: return widen<std::uint8_t>(bytes, out, [](std::uint8_t v) { return v != 0 ? 1.0f : 0.0f; });
    default: break;  // block types have a way of their own
  }
}

/// The elements from `begin` on; `bytes` begins with a block and may be wanted from its middle to another's.
void dequantise_part(Bytes bytes, DType dtype, std::size_t begin, std::span<float> out) {
  const std::size_t elements = block_elements(dtype);
  const auto block_at = [&](std::size_t element) { return bytes.subspan(element / elements * block_bytes(dtype)); };
  std::array<float, kMaxBlockElements> block;
  while (!out.empty()) {
    const std::size_t skip = begin % elements;
    std::size_t count = out.size() / elements * elements;
    if (skip == 0 && count > 0) {
      dequantise(block_at(begin), dtype, out.first(count));
    } else {
      count = std::min(elements - skip, out.size());
      dequantise(block_at(begin), dtype, std::span(block).first(elements));
      std::copy_n(block.begin() + static_cast<std::ptrdiff_t>(skip), count, out.begin());
    }
    begin += count;
    out = out.subspan(count);
  }
}

}  // namespace

void widen_to_f32(Bytes bytes, DType dtype, std::int64_t begin, std::span<float> out) {
  const std::size_t held = bytes.size() / block_bytes(dtype) * block_elements(dtype);
  const auto first = static_cast<std::size_t>(begin);
  require(begin >= 0 && first <= held && out.size() <= held - first,
          "[widen] elements {} to {} of {}: got {} bytes, which hold {}", begin, begin + std::ssize(out),
          name_of(dtype), bytes.size(), held);
  if (is_block_type(dtype)) return dequantise_part(bytes, dtype, first, out);
  widen_plain(bytes.subspan(first * block_bytes(dtype)), dtype, out);
}

}  // namespace pxf
