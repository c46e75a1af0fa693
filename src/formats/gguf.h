// GGUF files (ggml's format), versions 2 and 3, little-endian: metadata, a list of tensors, then their bytes, aligned.
// https://github.com/ggml-org/ggml/blob/master/docs/gguf.md. Opening reads what precedes the bytes and checks all of
// it. Shapes are given outermost first, as everywhere here (the file has the fastest dimension first); where
// ComfyUI-GGUF flattened a tensor to fit it into blocks, the shape is the one that it noted. Metadata values are JSON,
// texts plain. docs/formats/gguf.md says what is read. Not here: writing (tensor_file_writer.h), quantising.
#pragma once

#include <memory>

#include "base/file.h"
#include "formats/tensor_source.h"

namespace pxf {

/// Errors: bad_file when it is damaged, cut off, or something else; unsupported for a version, byte order or type of
/// tensor that this program lacks.
Result<std::shared_ptr<const TensorSource>> open_gguf(std::shared_ptr<const MappedFile> file);

}  // namespace pxf
