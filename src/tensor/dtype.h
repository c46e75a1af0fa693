// The element types that weight files hold and ops compute in.
// Plain types give every element bytes of its own. Block types, those of GGUF (ggml), code a run of elements together
// with a scale or two: only whole blocks have a size and a place.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
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
  boolean,
  // Block types, by the names that ggml gives them; tensor/dequantise.h has their layouts.
  q1_0,
  q4_0,
  q4_1,
  q5_0,
  q5_1,
  q8_0,
  q2_k,
  q3_k,
  q4_k,
  q5_k,
  q6_k,
  q8_k,
  iq1_s,
  iq1_m,
  iq2_xxs,
  iq2_xs,
  iq2_s,
  iq3_xxs,
  iq3_s,
  iq4_nl,
  iq4_xs,
  tq1_0,
  tq2_0,
  mxfp4,
  nvfp4
};

/// How many elements share a block: 1 for plain types.
std::size_t block_elements(DType dtype) noexcept;
/// Bytes a block takes; for plain types, an element.
std::size_t block_bytes(DType dtype) noexcept;
inline bool is_block_type(DType dtype) noexcept { return block_elements(dtype) > 1; }

/// Bytes an element takes. Throws Failure for a block type.
std::size_t size_of(DType dtype);
/// Bytes that `numel` elements take; nothing when they are no whole number of blocks or the bytes cannot be counted.
std::optional<std::uint64_t> bytes_of(DType dtype, std::int64_t numel) noexcept;

/// "f32", "bf16", "f8_e4m3", "q4_k": what people read.
std::string_view name_of(DType dtype) noexcept;
bool is_float(DType dtype) noexcept;

}  // namespace pxf
