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

}  // namespace pxf
