// PyTorch checkpoints: .pt, .pth, .ckpt, .bin. Opening reads the pickle and runs nothing in it (pickle.h); weights are
// mapped. Two formats: a zip archive with data.pkl and data/<key> for each storage (PyTorch 1.6 and later), and before
// that five pickles (magic number, version, system, object, keys) followed by the storages.
// docs/formats/torch.md says what is read. Not here: TorchScript programs, whole pickled models, sparse and quantised
// tensors: all refused.
#pragma once

#include <memory>

#include "base/file.h"
#include "formats/tensor_source.h"

namespace pxf {

/// Errors: bad_file when it is damaged, cut off, no checkpoint, or tries to run code; unsupported for what this program
/// lacks.
Result<std::shared_ptr<const TensorSource>> open_torch_zip(std::shared_ptr<const MappedFile> file);
/// The same for the older format. A lone pickle is refused, as one that tries to run code where it does.
Result<std::shared_ptr<const TensorSource>> open_torch_legacy(std::shared_ptr<const MappedFile> file);

}  // namespace pxf
