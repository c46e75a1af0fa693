#include <map>

#include "base/file.h"
#include "library/scan.h"
#include "library/state.h"

namespace pxf {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kBatch = 100;  // files a transaction: each waits for the disk

/// A model that has been looked at and is not yet written down.
struct Looked {
  fs::path place;
  FileStamp stamp;
  Record record;
  Facts facts;
};

class Adding {
 public:
  Adding(LibraryState& library, FolderReport& report) : library_(library), report_(report) {}

  Status know_entries() {
    Result<std::vector<Record>> all = library_.store.list();
    if (!all) return std::move(all).error();
    for (Record& record : all.value()) {
      if (!record.path.empty()) known_.emplace(record.path, std::move(record));
    }
    return Done{};
  }

  Status file(const fs::path& place) {
    const Result<FileStamp> stamp = file_stamp(place);
    if (!stamp) return skip(stamp.error(), place);
    const auto before = known_.find(place.string());
    if (before != known_.end() && before->second.stamp == stamp.value()) {
      ++report_.unchanged;
      return Done{};
    }
    Result<std::pair<Record, Facts>> made = library_.make_record(place, stamp.value(), {});
    if (!made) return skip(std::move(made).error(), place);
    waiting_.push_back({place, stamp.value(), std::move(made.value().first), std::move(made.value().second)});
    return waiting_.size() < kBatch ? Status(Done{}) : flush();
  }

  Status flush() {
    if (waiting_.empty()) return Done{};
    const FolderReport before = report_;
    Status written = library_.store.together([&]() -> Status {
      for (const Looked& one : waiting_) {
        if (Status done = write(one); !done) return done;
      }
      return Done{};
    });
    waiting_.clear();
    if (!written) report_ = before;
    return written;
  }

 private:
  Status write(const Looked& one) {
    const auto before = known_.find(one.place.string());
    if (before != known_.end()) {
      ++report_.updated;
      return library_.refresh(before->second, one.stamp, one.facts);
    }
    const Result<Store::Added> added = library_.link(one.record, one.facts, one.place, {ImportMode::link, {}});
    if (!added) return added.error();
    ++(added.value().is_new ? report_.added : report_.unchanged);
    return Done{};
  }

  Status skip(Error error, const fs::path& place) {
    if (error.code == ErrorCode::out_of_memory) return error;
    error.context = place.string();
    report_.skipped.push_back(std::move(error));
    return Done{};
  }

  LibraryState& library_;
  FolderReport& report_;
  std::map<std::string, Record> known_;  // linked files by their path
  std::vector<Looked> waiting_;
};

}  // namespace

Result<FolderReport> Library::add_folder(const fs::path& path, const OnFile& on_file, const CancelToken* cancel) {
  FolderReport report;
  const fs::path root = fs::absolute(path).lexically_normal();
  report.folder = root.string();
  std::error_code failed;
  if (!fs::is_directory(root, failed)) {
    return Error{ErrorCode::not_found, "no such folder; give one that holds models", path.string()};
  }
  const std::vector<fs::path> files = scan_for_models(root);
  Adding adding(*state_, report);
  if (Status known = adding.know_entries(); !known) return std::move(known).error();
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (cancel != nullptr && cancel->requested()) {
      if (Status kept = adding.flush(); !kept) return std::move(kept).error();
      return Error{ErrorCode::cancelled, fmt::format("cancelled after {} of {} files", i, files.size()), {}};
    }
    if (on_file) on_file(files[i].string(), i, files.size());
    if (Status done = adding.file(files[i]); !done) return std::move(done).error();
  }
  if (Status done = adding.flush(); !done) return std::move(done).error();
  if (Status done = state_->store.remember_folder(root.string()); !done) return std::move(done).error();
  return report;
}

}  // namespace pxf
