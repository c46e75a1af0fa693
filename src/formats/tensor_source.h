// The named tensors of one checkpoint, whatever its format and however many files it is in.
// Immutable and safe for many threads. Held by shared_ptr; every view it gives lives as long as it does.
// Not here: what the names mean (weights/), widening and dequantising (tensor/).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "tensor/dtype.h"
#include "tensor/shape.h"

namespace pxf {

struct TensorInfo {
  std::string name;  // as the file gives it, valid UTF-8; quote it in messages (formats/in_quotes.h)
  DType dtype;
  Shape shape;  // holds whole blocks of a block type

  /// What bytes() of it would hold, without reading it.
  std::uint64_t byte_count() const noexcept { return bytes_of(dtype, shape.numel()).value_or(0); }
};

class TensorSource {
 public:
  /// Of a file, or of a folder: what it says of itself, as text. Valid UTF-8.
  using Metadata = std::map<std::string, std::string>;

  virtual ~TensorSource() = default;
  TensorSource(const TensorSource&) = delete;
  TensorSource& operator=(const TensorSource&) = delete;

  /// The file or folder, for messages.
  const std::string& name() const noexcept { return name_; }
  /// "safetensors", "PyTorch", "GGUF", "diffusers folder" ...
  const std::string& format() const noexcept { return format_; }
  /// In the order in which their bytes lie in the file: reading them in this order reads the disk forwards.
  const std::vector<TensorInfo>& tensors() const noexcept { return tensors_; }
  const Metadata& metadata() const noexcept { return metadata_; }
  /// Of all its files, as they were when they were opened (MappedFile::stamp): the same again means the same tensors.
  /// Empty: not known.
  virtual std::string stamp() const { return {}; }

  /// Null when there is none of this name. Logarithmic.
  const TensorInfo* find(std::string_view tensor) const noexcept;
  /// The elements, row-major, info.byte_count() bytes, at any alignment; read from the disk when touched. What a file
  /// keeps compressed or in another order is put right at the first call and kept.
  /// Throws Failure: not_found for a name that is not in tensors(), bad_file when compressed bytes prove damaged.
  Bytes bytes(std::string_view tensor) const;
  /// Tells the system that this process will not soon touch these bytes again. Ignores unknown names.
  void release_pages(std::string_view tensor) const noexcept;

 protected:
  /// The names must differ, and every shape must hold whole blocks of its type.
  TensorSource(std::string name, std::string format, std::vector<TensorInfo> tensors, Metadata metadata);

  /// By position in tensors().
  virtual Bytes bytes_at(std::size_t index) const = 0;
  virtual void release_pages_at(std::size_t index) const noexcept = 0;

 private:
  std::string name_, format_;
  std::vector<TensorInfo> tensors_;
  Metadata metadata_;
  std::vector<std::uint32_t> by_name_;  // positions in tensors_, sorted by name
};

/// One of the names that is there more than once.
std::optional<std::string_view> repeated(std::vector<std::string_view> names);

}  // namespace pxf
