// Checkpoints written piece by piece: what stands before the tensors is made from their names, types and shapes alone,
// then their bytes follow in one pass. Memory does not grow with the file; it appears whole or not at all. Not here:
// converting elements, choosing types.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "formats/tensor_source.h"

namespace pxf {

enum class WrittenFormat : std::uint8_t { safetensors, gguf };

/// "safetensors", "GGUF".
std::string_view name_of(WrittenFormat format) noexcept;
/// Whether the format can hold elements of this type.
bool can_hold(WrittenFormat format, DType dtype) noexcept;

/// What precedes the bytes of tensors that follow each other in the order given. Errors: invalid_argument for a name
/// that is repeated, reserved or not UTF-8, and for a type that the format lacks.
Result<std::string> safetensors_header(std::span<const TensorInfo> tensors, const TensorSource::Metadata& metadata);
/// The same of a GGUF file, version 3, each tensor's bytes filled up to kGgufAlignment. Metadata are texts; the keys
/// that tell of the file itself (general.alignment, general.quantization_version) are set here. Tensors of more than
/// four extents are noted as ComfyUI-GGUF does, for readers that know no more.
Result<std::string> gguf_header(std::span<const TensorInfo> tensors, const TensorSource::Metadata& metadata);
inline constexpr std::size_t kGgufAlignment = 32;

class TensorFileWriter {
 public:
  /// Begins the file. The tensors are laid out in the order given, in safetensors those of wider elements first so that
  /// all are aligned. Errors: those of the headers above, and of AtomicFile.
  static Result<TensorFileWriter> create(const std::filesystem::path& path, WrittenFormat format,
                                         std::vector<TensorInfo> tensors, const TensorSource::Metadata& metadata);

  /// In the order in which their bytes must be appended.
  const std::vector<TensorInfo>& tensors() const noexcept { return tensors_; }
  /// The bytes that come next: of one tensor or a part of it. Throws Failure when they reach beyond its end.
  Status append(Bytes bytes);
  /// Ends the file and gives it its name. Throws Failure when bytes are missing.
  Status finish();

  std::uint64_t bytes_written() const noexcept { return written_; }

 private:
  TensorFileWriter(AtomicFile file, std::vector<TensorInfo> tensors, std::size_t alignment)
      : file_(std::move(file)), tensors_(std::move(tensors)), alignment_(alignment) {}
  Status write(Bytes bytes);
  Status pad();
  void skip_empty() noexcept;

  AtomicFile file_;
  std::vector<TensorInfo> tensors_;
  std::size_t alignment_;
  std::size_t at_ = 0;       // the tensor that comes next
  std::uint64_t given_ = 0;  // bytes of it
  std::uint64_t written_ = 0;
};

}  // namespace pxf
