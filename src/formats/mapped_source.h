// What readers of single files share: tensors that are views of the file, and errors that name it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/file.h"
#include "formats/tensor_source.h"

namespace pxf {

using OpenedSource = Result<std::shared_ptr<const TensorSource>>;

/// Of tensors that lie in the file as they are wanted: `parts[i]` is where tensor i does.
std::shared_ptr<const TensorSource> make_mapped_source(std::shared_ptr<const MappedFile> file, std::string format,
                                                       std::vector<TensorInfo> tensors, std::vector<Bytes> parts,
                                                       TensorSource::Metadata metadata);

/// What `open` makes of the file; the context of its errors is the file's name.
OpenedSource open_named(std::shared_ptr<const MappedFile> file,
                        OpenedSource (*open)(std::shared_ptr<const MappedFile>));

}  // namespace pxf
