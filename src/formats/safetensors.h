// safetensors files: an 8-byte little-endian header length, a JSON header, then the tensors' bytes without gaps.
// https://github.com/huggingface/safetensors (the format's own text; its Rust reader is the model for what is refused).
// Opening reads the header only and checks all of it: a source that was opened gives no view outside its file.
// Not here: checkpoints in several files (shards.h).
#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string_view>

#include "base/file.h"
#include "formats/tensor_source.h"

namespace pxf {

/// Errors: not_found, io; bad_file when it is damaged, cut off, or something else under this name; unsupported for an
/// element type or a number of dimensions that this program lacks.
Result<std::shared_ptr<const TensorSource>> open_safetensors(const std::filesystem::path& path);
/// The same from a file that is already mapped, or from bytes linked into the program.
Result<std::shared_ptr<const TensorSource>> open_safetensors(std::shared_ptr<const MappedFile> file);

/// A tensor to be written; it borrows the name and the elements.
struct TensorView {
  std::string_view name;
  DType dtype;
  Shape shape;
  Bytes bytes;
};

/// Writes a file that any reader of the format opens; the same input gives the same bytes. It is put together in memory
/// first: meant for results and small files; tensor_file_writer.h writes whole checkpoints.
/// Errors: those of write_file_atomically; invalid_argument for a name that is repeated, reserved or not UTF-8, and for
/// bytes that do not fit the shape.
Status write_safetensors(const std::filesystem::path& path, std::span<const TensorView> tensors,
                         const TensorSource::Metadata& metadata = {});

}  // namespace pxf
