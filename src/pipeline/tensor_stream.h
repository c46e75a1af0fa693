// Tensors written to a file a slice at a time, converted or computed on the way: memory does not grow with the file.
// The bytes written do not depend on the number of threads.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <vector>

#include "base/thread_pool.h"
#include "formats/tensor_file_writer.h"
#include "ops/weight.h"
#include "pixelforge/cancel.h"
#include "pixelforge/progress.h"

namespace pxf {

/// Where the elements of a tensor to write come from.
struct TensorOrigin {
  const TensorSource* source = nullptr;
  const TensorInfo* info = nullptr;  // in `source`; its bytes go over as they are where the type stays
  Weight computed = {};              // defined: read in place of them
  std::uint64_t bytes = 0;           // that are read for it
};

struct TensorStream {
  std::filesystem::path out;
  WrittenFormat format = WrittenFormat::safetensors;
  std::vector<TensorInfo> tensors;
  TensorSource::Metadata metadata;
  std::function<TensorOrigin(const TensorInfo& to)> origin;
};

struct StreamedFile {
  std::uint64_t bytes = 0;
  double seconds = 0;
};

/// Writes them aside and renames the file. Errors: no_space, looked at first; io, not_found; cancelled; bad_file for
/// NaN and infinity in what is quantised or computed. Throws Failure likewise, and what `on_progress` throws.
Result<StreamedFile> write_stream(TensorStream stream, ThreadPool& threads, const OnFileProgress& on_progress,
                                  const CancelToken* cancel);

}  // namespace pxf
