// What a conversion will write, settled from names, types and shapes before a weight is read.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "formats/tensor_file_writer.h"
#include "pixelforge/convert.h"
#include "weights/catalog.h"

namespace pxf {

struct ConvertPlan {
  WrittenFormat format = WrittenFormat::safetensors;
  std::optional<DType> type;                             // nothing: types stay
  std::vector<TensorInfo> tensors;                       // to write, in the order in which they are read
  std::map<std::string, std::string, std::less<>> from;  // by their names: those in the file that is read
  TensorSource::Metadata metadata;
  Converted counts;
};

/// Throws Failure(invalid_argument): an unknown type or format, a type that the format lacks, a file that is not to be
/// quantised.
ConvertPlan plan_conversion(const Catalog& file, const std::filesystem::path& out, const ConvertOptions& options);

}  // namespace pxf
