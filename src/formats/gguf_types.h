// The numbers by which GGUF files name element types.
#pragma once

#include <cstdint>
#include <optional>

#include "tensor/dtype.h"

namespace pxf {

/// Nothing for a number that no tensor of a file can have, or that is not known here.
std::optional<DType> dtype_of_ggml(std::uint32_t number) noexcept;
/// Nothing for a type that the format lacks.
std::optional<std::uint32_t> ggml_of_dtype(DType dtype) noexcept;

/// The types of values in a file's metadata.
enum GgufValue : std::uint32_t {
  kU8,
  kI8,
  kU16,
  kI16,
  kU32,
  kI32,
  kF32,
  kBool,
  kString,
  kArray,
  kU64,
  kI64,
  kF64,
  kGgufValues
};

}  // namespace pxf
