// Gives out the tensors of a PyTorch checkpoint once its pickle is read and its storages are found.
// Opening touches no storage. Tensors that lie in the file as they are wanted are views of it. Others are made at the
// first call of bytes() and kept: transposed and expanded ones, and all of a compressed storage. Together these may
// take 64 MiB and 16 times the file.
#pragma once

#include <memory>
#include <variant>
#include <vector>

#include "base/file.h"
#include "formats/torch_weights.h"
#include "formats/zip.h"

namespace pxf {

/// Where a storage's bytes are: in the file, or in an entry of the zip archive that the file is.
using StoredBytes = std::variant<Bytes, ZipEntry>;

/// `stored[i]` belongs to weights.storages[i] and has its size (once inflated).
/// Errors: unsupported when what must be made is too much.
Result<std::shared_ptr<const TensorSource>> make_torch_source(std::shared_ptr<const MappedFile> file,
                                                              TorchWeights weights, std::vector<StoredBytes> stored);

}  // namespace pxf
