// The element types that weight files hold and ops compute in.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace pxf {

enum class DType : std::uint8_t {
  f64,
  f32,
  f16,
  bf16,
  f8_e4m3,
  f8_e5m2,
  i64,
  i32,
  i16,
  i8,
  u64,
  u32,
  u16,
  u8,
  boolean
};

/// Bytes an element takes.
std::size_t size_of(DType dtype) noexcept;
/// "f32", "bf16", "f8_e4m3": what people read.
std::string_view name_of(DType dtype) noexcept;
bool is_float(DType dtype) noexcept;

}  // namespace pxf
