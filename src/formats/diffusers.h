// Models kept as folders, as diffusers and transformers write them.
// A pipeline has model_index.json, which names its parts, each a folder of its own: tensors are called by the part, a
// dot, and their name in its files ("unet.conv_in.weight"). A single part (config.json beside its weights), or any
// folder with one weight file, gives the names of its files.
// Of several files with the same weights the order is: safetensors before .bin, plain before fp16 before other
// variants. Metadata: those of the files, and each JSON file that says what the parts are, under its path in the folder
// ("model_index.json", "scheduler/scheduler_config.json", "unet/config.json").
#pragma once

#include <filesystem>
#include <memory>

#include "base/error.h"
#include "formats/tensor_source.h"

namespace pxf {

/// Parts without weights (schedulers, tokenizers, what was not downloaded) are passed over.
/// Errors: those of opening the files; bad_file when no part has weights or model_index.json is damaged.
Result<std::shared_ptr<const TensorSource>> open_diffusers_folder(const std::filesystem::path& folder);

}  // namespace pxf
