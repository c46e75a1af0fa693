// A checkpoint written as the folder that diffusers opens.
#pragma once

#include <filesystem>

#include "base/thread_pool.h"
#include "models/family.h"
#include "pixelforge/cancel.h"
#include "pixelforge/convert.h"
#include "pixelforge/progress.h"
#include "weights/catalog.h"

namespace pxf {

/// Written aside and renamed, so that it is there whole or not at all. Throws Failure: invalid_argument (the folder is
/// there already, a type that diffusers does not read), unsupported (no family that diffusers has, no whole
/// checkpoint), and those of Conversion.
Converted write_diffusers_folder(const Catalog& file, const Model& model, const std::filesystem::path& folder,
                                 const ConvertOptions& options, ThreadPool& threads, const OnFileProgress& on_progress,
                                 const CancelToken* cancel);

}  // namespace pxf
