#include <unistd.h>

#include <cerrno>
#include <optional>

#include "base/file.h"
#include "library/state.h"

namespace pxf {
namespace {

namespace fs = std::filesystem;

/// Where a file is, for good: as it was given, not what a link leads to, so that its name is the one people know.
fs::path place_of(const fs::path& path) { return fs::absolute(path).lexically_normal(); }

/// What can be linked only: folders, and what the library keeps already.
Status check_can_be_kept(const fs::path& path, const fs::path& home) {
  std::error_code failed;
  const fs::path inside = fs::canonical(path, failed).lexically_relative(fs::weakly_canonical(home, failed));
  if (!inside.empty() && *inside.begin() != "..") {
    return Error{ErrorCode::invalid_argument, "lies in the library already; pixelforge list shows what it has",
                 path.string()};
  }
  if (path.extension() == ".json") {
    return Error{ErrorCode::invalid_argument, "is an index of several files, need one file to keep it; try --link",
                 path.string()};
  }
  if (!fs::is_directory(path, failed)) return Done{};
  return Error{ErrorCode::invalid_argument, "is a folder, need one file to keep it in the library; try --link",
               path.string()};
}

Status remove_source(const fs::path& path) {
  if (::unlink(path.c_str()) == 0 || errno == ENOENT) return Done{};
  return system_error(errno, "remove it, though the library has it now", path);
}

Store::Naming naming_of(const ImportOptions& options) {
  return options.name.empty() ? Store::Naming::as_it_comes : Store::Naming::exactly;
}

}  // namespace

Result<std::pair<Record, Facts>> LibraryState::make_record(const fs::path& place, const FileStamp& stamp,
                                                           const std::string& name) {
  Result<ModelInfo> info = engine.inspect(place.string());
  if (!info) return std::move(info).error();
  std::pair<Record, Facts> made{{}, gather_facts(std::move(info).value(), place)};
  made.first.name = name.empty() ? possible_name(stem_of(place)) : name;
  made.first.stamp = stamp;
  describe(made.first, made.second, {});
  return made;
}

/// A file that is linked already is looked at again if it has changed.
Result<Store::Added> LibraryState::link(Record record, const Facts& facts, const fs::path& place,
                                        const ImportOptions& options) {
  record.path = place.string();
  Result<Store::Added> added = store.add(record, {to_json_text(facts), "{}"}, nullptr, naming_of(options));
  if (!added || added.value().is_new || added.value().record.stamp == record.stamp) return added;
  Status updated = store.together([&] { return refresh(added.value().record, record.stamp, facts); });
  if (!updated) return std::move(updated).error();
  added.value().record.stamp = record.stamp;
  return added;
}

Status LibraryState::refresh(Record record, const FileStamp& stamp, const Facts& facts) {
  const auto before = known(record);
  if (!before) return before.error();
  if (record.stamp != stamp) {
    for (std::string* hash : {&record.sha256, &record.tensors_sha256, &record.auto_v1}) hash->clear();
  }
  record.stamp = stamp;
  return save(std::move(record), facts, before.value().second);
}

Result<Store::Added> LibraryState::adopt(const Record& linked, Record kept, const Facts& facts,
                                         const StagedBlob& blob) {
  kept.id = linked.id;
  kept.name = linked.name;
  kept.added = linked.added;
  Status done = store.together([&]() -> Status {
    const auto before = known(linked);
    if (!before) return before.error();
    const Overrides& overrides = before.value().second;
    describe(kept, facts, overrides);
    return store.adopt(kept, {to_json_text(facts), to_json_text(overrides)}, blob);
  });
  if (!done) return std::move(done).error();
  return Store::Added{std::move(kept), false};
}

/// A linked file that is imported to be kept keeps its name; else a new entry.
Result<Store::Added> LibraryState::keep(const Record& record, const Facts& facts, const fs::path& place,
                                        const ImportOptions& options, const CancelToken* cancel) {
  const Staging how = options.mode == ImportMode::move ? Staging::hard_link : Staging::copy;
  const Result<StagedBlob> blob = store.blobs().stage(place, how, cancel);
  if (!blob) return blob.error();
  Record kept = record;
  kept.blob = kept.sha256 = blob.value().sha256();
  const auto linked = store.find_path(place.string());
  if (!linked) return linked.error();
  if (linked.value() && (options.name.empty() || options.name == linked.value()->name)) {
    return adopt(*linked.value(), std::move(kept), facts, blob.value());
  }
  return store.add(kept, {to_json_text(facts), "{}"}, &blob.value(), naming_of(options));
}

Result<Imported> Library::add(const fs::path& path, const ImportOptions& options, const CancelToken* cancel) {
  if (!options.name.empty()) {
    if (Status fits = state_->check_name(options.name); !fits) return std::move(fits).error();
  }
  const fs::path place = place_of(path);
  const bool keeps = options.mode != ImportMode::link;
  const Result<FileStamp> stamp = file_stamp(place);
  if (!stamp) return stamp.error();
  if (Status fits = keeps ? check_can_be_kept(place, home()) : Status(Done{}); !fits) return std::move(fits).error();
  Result<std::pair<Record, Facts>> made = state_->make_record(place, stamp.value(), options.name);
  if (!made) return std::move(made).error();
  auto& [record, facts] = made.value();

  Result<Store::Added> added = keeps ? state_->keep(record, facts, place, options, cancel)
                                     : state_->link(std::move(record), facts, place, options);
  if (!added) return std::move(added).error();
  if (options.mode == ImportMode::move) {
    if (Status gone = remove_source(place); !gone) return std::move(gone).error();
  }
  return Imported{state_->entry(added.value().record), added.value().is_new};
}

}  // namespace pxf
