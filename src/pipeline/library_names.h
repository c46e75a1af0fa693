// The library as the engine sees it: names that stand for files, with what their users have set.
#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/overrides.h"
#include "models/family.h"
#include "pipeline/starter.h"
#include "pixelforge/model_info.h"
#include "store/file_hash.h"
#include "store/stamp.h"
#include "store/store.h"

namespace pxf {

struct NamedFile {
  Record record;
  std::filesystem::path path;
  Overrides overrides;
  std::string prediction_beside;     // as Facts has it
  std::optional<std::string> tuned;  // as Store has it
  std::optional<double> strength;    // that is preferred for a LoRA, where the user sets no other
};

/// In the library of this user, by its name or the first digits of its hash; none when there is none, or no library.
/// Errors: those of Store, and not_found when the name is there and its file is gone.
Result<std::optional<NamedFile>> find_in_library(const std::string& name);

/// Whether `name_or_path` means a file before it means a name: it has a slash or an ending, and something is there.
bool means_a_file(const std::string& name_or_path);

/// An error of a name that is not there, with the nearest one of the library and of those in the program, which are
/// `what` ("LoRAs"), and a list of the latter. Any other error stays as it is.
Error with_near_names(Error error, const std::string& wanted, std::string_view what,
                      std::span<const EmbeddedCheckpoint> embedded);

/// What `tune` has found, unless it is of another file than this; `saved` as Store has it.
void lay_over_tuned(const std::optional<std::string>& saved, const std::string& sha256, const FileStamp& stamp,
                    const std::string& prediction, Recommended& recommended);
/// What the library knows goes before what the file says.
void apply_library(const NamedFile& file, ModelInfo& info);
/// The same for one in the program, by its name; a file stays as it is.
void apply_library(Store& store, ModelInfo& embedded);
/// What the user has set of what the model is, and what stood beside it.
Hearsay hearsay_of(const NamedFile& file);

/// What is set of a model in the program; nothing where the library cannot be read.
Overrides set_in_program(Store& store, const std::string& name);
Hearsay hearsay_of(const Overrides& set);
/// In place of what the file of a model in the program says.
void lay_over_set(const Overrides& set, ModelInfo& embedded);

/// Keeps the hashes of a file, so that they are computed once; those that are empty here stay as they are. A library
/// that cannot be written to stays as it is too.
void remember_hashes(const std::string& path, const FileStamp& stamp, const FileDigests& digests);

}  // namespace pxf
