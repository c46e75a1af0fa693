// The JSON header of a safetensors file: reading its text into values, before any of them is held against the file.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "formats/tensor_source.h"

namespace pxf {

struct SafetensorsEntry {
  TensorInfo info;
  std::uint64_t begin, end;  // from the first byte after the header; unchecked
};

struct SafetensorsHeader {
  std::vector<SafetensorsEntry> entries;  // in the header's order; names may repeat
  TensorSource::Metadata metadata;
};

/// Errors: bad_file (not JSON, not UTF-8, a wrong kind of value), unsupported (an unknown dtype, too many dimensions).
/// Needs memory in proportion to the text, and no stack for nested values.
Result<SafetensorsHeader> parse_safetensors_header(std::string_view json);

/// The format's name of a type ("BF16"); empty for those it lacks.
std::string_view safetensors_name(DType dtype) noexcept;

}  // namespace pxf
