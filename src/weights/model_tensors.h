// The tensors of a model by the names that they have in a whole checkpoint, so that files which keep them otherwise (a
// VAE or UNet of its own, training checkpoints) can be held against each other. A value; copies share the file.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "weights/catalog.h"
#include "weights/recognise.h"

namespace pxf {

enum class ModelPart { unet, text, vae, other };

/// "unet", "text", "vae", "other".
std::string_view to_string(ModelPart part) noexcept;
/// By a tensor's name in a whole checkpoint. The network is the UNet, or the transformer in its place.
ModelPart part_of(std::string_view tensor) noexcept;

class ModelTensors {
 public:
  explicit ModelTensors(const Catalog& file);

  const std::string& name() const noexcept { return file_.source().name(); }  // the file's
  const Recognised& what() const noexcept { return what_; }
  const Catalog& file() const noexcept { return file_; }
  /// Names in a whole checkpoint -> what the file has.
  const std::map<std::string, const TensorInfo*, std::less<>>& all() const noexcept { return tensors_; }
  /// Null when there is none. By a name in a whole checkpoint.
  const TensorInfo* find(std::string_view name) const;
  /// A handle to its bytes; the tensor must be there.
  Weight weight(std::string_view name) const;

 private:
  Catalog file_;
  Recognised what_;
  std::map<std::string, const TensorInfo*, std::less<>> tensors_;
};

/// Equal, but for trailing extents of 1: files disagree about whether a 1x1 convolution has them.
bool same_extents(const Shape& a, const Shape& b) noexcept;

}  // namespace pxf
