// Opening whatever holds tensors: safetensors, PyTorch (.pt, .pth, .ckpt, .bin), GGUF, an index of shards, a diffusers
// folder. What it is, is seen from its content; the name only decides what is said of a file that is none of these.
// Opening maps files and reads their headers: it takes milliseconds for any size, and nothing in a file is ever run.
#pragma once

#include <filesystem>
#include <memory>

#include "base/file.h"
#include "formats/tensor_source.h"

namespace pxf {

/// A file, or a folder. Errors: not_found, io; bad_file when it is damaged, cut off, something else, or tries to run
/// code; unsupported for what this program lacks.
Result<std::shared_ptr<const TensorSource>> open_tensors(const std::filesystem::path& path);

/// The same for what is one file: neither an index nor a folder.
Result<std::shared_ptr<const TensorSource>> open_tensor_file(const std::filesystem::path& path);
Result<std::shared_ptr<const TensorSource>> open_tensor_file(std::shared_ptr<const MappedFile> file);

}  // namespace pxf
