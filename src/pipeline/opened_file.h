// A model's file as verbs open it: by a name that is in the program or the library, or by its path.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "models/family.h"
#include "pipeline/library_names.h"
#include "pixelforge/error.h"
#include "pixelforge/model_info.h"
#include "weights/catalog.h"

namespace pxf {

struct OpenedFile {
  std::uint64_t bytes = 0;         // on the disk
  Catalog catalog;                 // under original names
  std::string sha256;              // of embedded ones
  std::optional<NamedFile> named;  // where it was opened by a name of the library
};

/// Embedded names come first, then files that are told by a slash or an ending, names of the library, any files.
/// Reads the header only.
Result<OpenedFile> open_file(const std::string& name_or_path);

/// What is said of it elsewhere: in the library, in settings beside the file.
Hearsay said_of(const OpenedFile& file, const std::string& name_or_path);

/// What is known of it, but for what the library says of an embedded one beside what it is (apply_library). `opened`
/// may be null; otherwise it gets the model when the file is supported.
ModelInfo describe_file(const OpenedFile& file, const std::string& name_or_path, OpenedModel* opened);
/// The same, where other things are said of it than in the library.
ModelInfo describe_file(const OpenedFile& file, const std::string& name_or_path, const Hearsay& said,
                        OpenedModel* opened);

}  // namespace pxf
