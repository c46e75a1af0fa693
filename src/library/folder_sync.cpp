#include "library/folder_sync.h"

#include <algorithm>
#include <utility>

#include "base/file.h"

namespace pxf {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kBatch = 100;  // files a transaction: each waits for the disk

bool lies_under(const std::string& path, const fs::path& root) {
  const std::string folder = (root / "").string();  // with a slash at its end
  return path.starts_with(folder);
}

}  // namespace

const char* to_string(FolderChange::Kind kind) noexcept {
  switch (kind) {
    case FolderChange::Kind::added: return "added";
    case FolderChange::Kind::updated: return "updated";
    case FolderChange::Kind::moved: return "moved";
    case FolderChange::Kind::gone: return "gone";
    case FolderChange::Kind::skipped: return "skipped";
  }
  return "skipped";
}

class FolderSync::Run {
  /// A model that has been looked at and is not yet written down.
  struct Looked {
    fs::path place;
    FileStamp stamp;
    Record record;
    Facts facts;
  };

 public:
  Run(FolderSync& sync, const Watcher& watcher) : sync_(sync), library_(sync.library_), watcher_(watcher) {}

  Status know_entries() {
    Result<std::vector<Record>> all = library_.store.list();
    if (!all) return std::move(all).error();
    for (Record& record : all.value()) {
      if (record.path.empty()) continue;
      by_inode_.emplace(record.stamp.inode, record.path);
      known_.emplace(record.path, std::move(record));
    }
    return Done{};
  }

  Status file(const fs::path& place) {
    if (watcher_.is_busy && watcher_.is_busy(place)) return Done{};
    const Result<FileStamp> stamp = file_stamp(place);
    if (!stamp) return skip(stamp.error(), place, {});
    const auto before = known_.find(place.string());
    if (before != known_.end() && before->second.stamp == stamp.value()) return unchanged(before->second);
    const auto skipped = sync_.skipped_.find(place.string());
    if (skipped != sync_.skipped_.end() && skipped->second == stamp.value()) return Done{};
    Result<std::pair<Record, Facts>> made = library_.make_record(place, stamp.value(), {});
    if (!made) return skip(std::move(made).error(), place, stamp.value());
    waiting_.push_back({place, stamp.value(), std::move(made.value().first), std::move(made.value().second)});
    return waiting_.size() < kBatch ? Status(Done{}) : flush();
  }

  Status flush() {
    if (waiting_.empty()) return Done{};
    const FolderReport before = report;
    std::vector<FolderChange> changes;
    Status written = library_.store.together([&]() -> Status {
      for (const Looked& one : waiting_) {
        if (Status done = write(one, changes); !done) return done;
      }
      return Done{};
    });
    waiting_.clear();
    if (!written) return report = before, std::move(written);
    for (const FolderChange& change : changes) tell(change);
    return written;
  }

  /// After all files: entries of files that are no longer there.
  void look_for_gone() {
    std::set<std::string> gone;
    for (const auto& entry : known_) {
      const std::string& path = entry.first;
      const auto is_root_of = [&](const fs::path& root) { return lies_under(path, root); };
      std::error_code failed;
      if (std::ranges::none_of(sync_.roots_, is_root_of) || moved_.contains(path) || fs::exists(path, failed)) continue;
      gone.insert(path);
      ++report.gone;
      if (!sync_.gone_.contains(path)) tell({FolderChange::Kind::gone, entry.second.name, path, {}});
    }
    sync_.gone_ = std::move(gone);
  }

  FolderReport report;

 private:
  Status unchanged(const Record& record) {
    ++report.unchanged;
    if (sync_.gone_.contains(record.path)) tell({FolderChange::Kind::added, record.name, record.path, {}});  // again
    return Done{};
  }

  Status write(const Looked& one, std::vector<FolderChange>& changes) {
    const auto before = known_.find(one.place.string());
    if (before != known_.end()) {
      ++report.updated;
      changes.push_back({FolderChange::Kind::updated, before->second.name, one.place.string(), {}});
      return library_.refresh(before->second, one.stamp, one.facts);
    }
    if (const Record* elsewhere = moved_from(one.stamp)) return move(*elsewhere, one, changes);
    const Result<Store::Added> added = library_.link(one.record, one.facts, one.place, {ImportMode::link, {}});
    if (!added) return added.error();
    ++(added.value().is_new ? report.added : report.unchanged);
    if (added.value().is_new) {
      changes.push_back({FolderChange::Kind::added, added.value().record.name, one.place.string(), {}});
    }
    return Done{};
  }

  /// The entry of the same file at a place where nothing is now; null when there is none.
  const Record* moved_from(const FileStamp& stamp) const {
    const auto [begin, end] = by_inode_.equal_range(stamp.inode);
    for (auto it = begin; it != end; ++it) {
      const Record& record = known_.at(it->second);
      std::error_code failed;
      if (record.stamp == stamp && !moved_.contains(record.path) && !fs::exists(record.path, failed)) return &record;
    }
    return nullptr;
  }

  /// A name that came from the file follows it.
  Status move(const Record& from, const Looked& to, std::vector<FolderChange>& changes) {
    Record record = from;
    record.path = to.place.string();
    moved_.insert(from.path);
    ++report.moved;
    if (Status done = library_.refresh(record, to.stamp, to.facts); !done) return done;
    const bool is_the_files = from.name == library_.possible_name(stem_of(from.path));
    if (is_the_files && from.name != to.record.name && library_.store.rename(from.name, to.record.name)) {
      record.name = to.record.name;
    }
    changes.push_back({FolderChange::Kind::moved, record.name, record.path, {}});
    return Done{};
  }

  Status skip(Error error, const fs::path& place, const FileStamp& stamp) {
    if (error.code == ErrorCode::out_of_memory) return error;
    error.context = place.string();
    sync_.skipped_[error.context] = stamp;
    tell({FolderChange::Kind::skipped, {}, error.context, error.message});
    report.skipped.push_back(std::move(error));
    return Done{};
  }

  void tell(const FolderChange& change) const {
    if (watcher_.on_change) watcher_.on_change(change);
  }

  FolderSync& sync_;
  LibraryState& library_;
  const Watcher& watcher_;
  std::map<std::string, Record> known_;                 // linked files by their path
  std::multimap<std::uint64_t, std::string> by_inode_;  // their paths
  std::set<std::string> moved_;                         // paths from which entries have gone elsewhere
  std::vector<Looked> waiting_;
};

Result<FolderReport> FolderSync::run(const std::vector<fs::path>& models, const Watcher& watcher) {
  Run run(*this, watcher);
  if (Status known = run.know_entries(); !known) return std::move(known).error();
  for (std::size_t i = 0; i < models.size(); ++i) {
    if (watcher.cancel != nullptr && watcher.cancel->requested()) {
      if (Status kept = run.flush(); !kept) return std::move(kept).error();
      return Error{ErrorCode::cancelled, fmt::format("cancelled after {} of {} files", i, models.size()), {}};
    }
    if (watcher.on_file) watcher.on_file(models[i].string(), i, models.size());
    if (Status done = run.file(models[i]); !done) return std::move(done).error();
  }
  if (Status done = run.flush(); !done) return std::move(done).error();
  run.look_for_gone();
  return std::move(run.report);
}

}  // namespace pxf
