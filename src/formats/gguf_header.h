// What precedes the tensors' bytes in a GGUF file, read into values before any of them is held against the file.
#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "formats/tensor_source.h"

namespace pxf {

struct GgufEntry {
  TensorInfo info;
  std::uint64_t offset;  // from the first aligned byte after the header; unchecked
};

struct GgufHeader {
  TensorSource::Metadata metadata;
  std::vector<GgufEntry> entries;  // in the header's order; names may repeat
  std::uint64_t alignment = 32;    // a power of two
  std::size_t size = 0;            // bytes of the header, without what aligns the data
};

/// Errors: those of open_gguf. Memory is bounded by a few times the header's length; nesting by four.
Result<GgufHeader> parse_gguf_header(Bytes file);

}  // namespace pxf
