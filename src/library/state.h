// What a Library holds, and how entries are made, for the files that implement its parts.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "catalog/facts.h"
#include "catalog/overrides.h"
#include "pixelforge/library.h"
#include "store/store.h"

namespace pxf {

struct LibraryState {
  Engine& engine;
  Store store;
  std::vector<std::string> reserved;  // names that the program has already; see reserved_names

  /// Errors: not_found, with the nearest name.
  Result<Record> record(const std::string& name);
  LibraryEntry entry(Record record) const;
  /// The facts and what the user has set, as they are kept.
  Result<std::pair<Facts, Overrides>> known(const Record& record);
  const std::vector<std::string>& reserved_names();
  /// invalid_argument for a name that could be taken for something else: empty, with a slash or control characters,
  /// beginning with a hyphen, or one that the program has already ("auto", "starter").
  Status check_name(const std::string& name);
  /// The nearest name that passes check_name.
  std::string possible_name(std::string wanted);
  /// An entry for a file, before it is in the library. `name` may be empty.
  Result<std::pair<Record, Facts>> make_record(const std::filesystem::path& place, const FileStamp& stamp,
                                               const std::string& name);
  Result<Store::Added> link(Record record, const Facts& facts, const std::filesystem::path& place,
                            const ImportOptions& options);
  Result<Store::Added> keep(const Record& record, const Facts& facts, const std::filesystem::path& place,
                            const ImportOptions& options, const CancelToken* cancel);
  Result<Store::Added> adopt(const Record& linked, Record kept, const Facts& facts, const StagedBlob& blob);
  /// What the user says of a model, changed in one transaction.
  Status change(const std::string& name, const std::function<void(const Record& record, Overrides& overrides)>& work);
  /// A checkpoint or LoRA in the program, as it is set.
  std::optional<ModelInfo> in_program(const std::string& name) const;
  LibraryModel show_in_program(ModelInfo info);
  /// The file has changed, or lies elsewhere: what the user has set stays. Inside `together`.
  Status refresh(Record record, const FileStamp& stamp, const Facts& facts);
  Status save(Record record, const Facts& facts, const Overrides& overrides);
};

/// What a model is called by its place: the file's name without its ending, or the folder's.
std::string stem_of(const std::filesystem::path& path);

/// Everything that an entry takes from these; name, place, stamp and hash stay.
void describe(Record& record, const Facts& facts, const Overrides& overrides);

}  // namespace pxf
