// Runs a conversion: tensors are read, converted and written a slice at a time, so that memory does not grow with the
// file.
#pragma once

#include <filesystem>

#include "base/thread_pool.h"
#include "pipeline/convert_plan.h"
#include "pixelforge/cancel.h"
#include "pixelforge/progress.h"
#include "weights/catalog.h"

namespace pxf {

class Conversion {
 public:
  /// Throws Failure as plan_conversion does.
  Conversion(const Catalog& file, std::filesystem::path out, const ConvertOptions& options);

  /// Once. Errors: no_space, io, not_found; cancelled; bad_file. Throws Failure likewise, and what `on_progress`
  /// throws.
  Result<Converted> run(ThreadPool& threads, const OnFileProgress& on_progress, const CancelToken* cancel);

 private:
  const Catalog& file_;
  std::filesystem::path out_;
  ConvertPlan plan_;
};

}  // namespace pxf
