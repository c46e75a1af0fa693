// A checkpoint cut into several files, with an index beside them: model.safetensors.index.json, or the same for .bin.
// {"metadata": {...}, "weight_map": {"name of a tensor": "file beside the index", ...}}
// What the index names is there, under the files' own names; what only the files hold is not.
#pragma once

#include <filesystem>
#include <memory>
#include <string_view>

#include "base/error.h"
#include "formats/tensor_source.h"

namespace pxf {

/// Opens every file of the index. Metadata: the index's own single values, then the files', the first of a name.
/// Errors: those of opening the files; bad_file for an index that is damaged, names files elsewhere or tensors that are
/// not in them; not_found when a file is missing.
Result<std::shared_ptr<const TensorSource>> open_shards(const std::filesystem::path& index);

/// Whether `name` can only be a file or folder right beside the one that mentions it.
bool is_plain_name(std::string_view name) noexcept;

}  // namespace pxf
