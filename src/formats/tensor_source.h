// The named tensors of one checkpoint file, whatever its format.
// Immutable and safe for many threads. Held by shared_ptr; every view it gives lives as long as it does.
// Not here: what the names mean (weights/), widening and dequantising (tensor/, weights/).
#pragma once

#include <cstdint>
#include <map>
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
  Shape shape;
};

class TensorSource {
 public:
  using Metadata = std::map<std::string, std::string>;

  virtual ~TensorSource() = default;
  TensorSource(const TensorSource&) = delete;
  TensorSource& operator=(const TensorSource&) = delete;

  /// The file, for messages.
  const std::string& name() const noexcept { return name_; }
  /// In the order in which their bytes lie in the file: reading them in this order reads the disk forwards.
  const std::vector<TensorInfo>& tensors() const noexcept { return tensors_; }
  const Metadata& metadata() const noexcept { return metadata_; }

  /// Null when there is none of this name. Logarithmic.
  const TensorInfo* find(std::string_view tensor) const noexcept;
  /// The elements, row-major, shape.numel() * size_of(dtype) bytes, at any alignment; read from the disk when touched.
  /// Throws Failure(not_found) for a name that is not in tensors().
  Bytes bytes(std::string_view tensor) const;
  /// Tells the system that this process will not soon touch these bytes again. Ignores unknown names.
  void release_pages(std::string_view tensor) const noexcept;

 protected:
  /// The names must differ.
  TensorSource(std::string name, std::vector<TensorInfo> tensors, Metadata metadata);

  /// By position in tensors().
  virtual Bytes bytes_at(std::size_t index) const = 0;
  virtual void release_pages_at(std::size_t index) const noexcept = 0;

 private:
  std::string name_;
  std::vector<TensorInfo> tensors_;
  Metadata metadata_;
  std::vector<std::uint32_t> by_name_;  // positions in tensors_, sorted by name
};

}  // namespace pxf
