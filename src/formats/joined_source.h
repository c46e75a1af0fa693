// Several sources as one.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "formats/tensor_source.h"

namespace pxf {

/// A tensor of `source`, called `name` in the whole.
struct JoinedTensor {
  std::shared_ptr<const TensorSource> source;
  const TensorInfo* info;  // in source
  std::string name;
};

/// In the order given, that of each file's own tensors. Errors: bad_file for a name that is there twice.
Result<std::shared_ptr<const TensorSource>> join_tensors(std::string name, std::string format,
                                                         std::vector<JoinedTensor> tensors,
                                                         TensorSource::Metadata metadata);

}  // namespace pxf
