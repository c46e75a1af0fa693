#include <algorithm>

#include "library/state.h"
#include "store/file_hash.h"

namespace pxf {
namespace {

namespace fs = std::filesystem;

/// Whether all hashes of its file are known.
bool is_hashed(const Record& record) { return !record.auto_v1.empty(); }

/// One entry held against its file.
class Check {
 public:
  Check(LibraryState& library, VerifyReport& report, const CancelToken* cancel)
      : library_(library), report_(report), cancel_(cancel) {}

  Status entry(const Record& record, bool quick) {
    ++report_.checked;
    const fs::path path = library_.store.file_of(record);
    const Result<FileStamp> stamp = file_stamp(path);
    if (!stamp) return problem(record, ErrorCode::not_found, fmt::format("its file is gone: {}", path.string()));
    if (stamp.value().bytes != record.stamp.bytes) {
      return problem(record, ErrorCode::bad_file,
                     fmt::format("its file has {} bytes, need {}; {}", stamp.value().bytes, record.stamp.bytes,
                                 what_helps(record)));
    }
    if (record.blob.empty() && !(stamp.value() == record.stamp)) {
      return problem(record, ErrorCode::bad_file, "its file has been changed; import it again");
    }
    std::error_code failed;
    return quick || fs::is_directory(path, failed) ? Status(Done{}) : bytes(record, path);
  }

 private:
  Status bytes(Record record, const fs::path& path) {
    const bool known = is_hashed(record);
    Result<FileDigests> read = known ? sha256_alone(path) : digests_of_file(path, cancel_);
    if (!read && read.error().code == ErrorCode::cancelled) return std::move(read).error();
    if (!read) return problem(record, read.error().code, read.error().message);
    report_.bytes_read += record.stamp.bytes;
    FileDigests& got = read.value();
    const std::string& need = record.blob.empty() ? record.sha256 : record.blob;
    if (!need.empty() && need != got.sha256) {
      return problem(
          record, ErrorCode::bad_file,
          fmt::format("its bytes have changed: got sha256 {}, need {}; {}", got.sha256, need, what_helps(record)));
    }
    if (known) return Done{};
    record.sha256 = std::move(got.sha256);
    record.tensors_sha256 = std::move(got.tensors_sha256);
    record.auto_v1 = std::move(got.auto_v1);
    // A library that is read-only can be verified all the same.
    static_cast<void>(library_.store.remember_hashes(record));
    return Done{};
  }

  Result<FileDigests> sha256_alone(const fs::path& path) const {
    Result<std::string> hash = sha256_of_file(path, cancel_);
    if (!hash) return std::move(hash).error();
    return FileDigests{std::move(hash).value(), {}, {}};
  }

  static const char* what_helps(const Record& record) {
    return record.blob.empty() ? "import it again" : "import a good copy of it again, which mends it";
  }

  Status problem(const Record& record, ErrorCode code, std::string words) {
    report_.problems.push_back({code, std::move(words), record.name});
    return Done{};
  }

  LibraryState& library_;
  VerifyReport& report_;
  const CancelToken* cancel_;
};

}  // namespace

Result<VerifyReport> Library::verify(const VerifyOptions& options, const OnFile& on_file, const CancelToken* cancel) {
  VerifyReport report;
  std::vector<Record> records;
  for (const std::string& name : options.names) {
    Result<Record> record = state_->record(name);
    if (!record) return std::move(record).error();
    records.push_back(std::move(record).value());
  }
  if (options.names.empty()) {
    const Result<std::string> damage = options.missing ? std::string() : state_->store.check();
    if (!damage) return damage.error();
    if (!damage.value().empty()) report.problems.push_back({ErrorCode::bad_file, damage.value(), "library.db"});
    Result<std::vector<Record>> all = state_->store.list();
    if (!all) return std::move(all).error();
    records = std::move(all).value();
  }
  if (options.missing) std::erase_if(records, is_hashed);
  Check check(*state_, report, cancel);
  for (std::size_t i = 0; i < records.size(); ++i) {
    if (on_file) on_file(state_->store.file_of(records[i]).string(), i, records.size());
    if (Status done = check.entry(records[i], options.quick); !done) return std::move(done).error();
  }
  return report;
}

Result<GcReport> Library::collect_garbage(const GcOptions& options) {
  GcReport report;
  if (options.missing) {
    const Result<std::vector<Record>> all = state_->store.list();
    if (!all) return all.error();
    for (const Record& record : all.value()) {
      std::error_code failed;
      if (!record.blob.empty() || fs::exists(record.path, failed)) continue;
      const auto removed = state_->store.remove(record.name);
      if (!removed) return removed.error();
      report.names_gone.push_back(record.name);
    }
  }
  const Result<Swept> swept = state_->store.sweep();
  if (!swept) return swept.error();
  report.blobs = swept.value().blobs;
  report.bytes = swept.value().bytes;
  if (options.downloads) {
    const Result<SweptPartial> partial = sweep_partial(state_->store.blobs().partial_folder());
    if (!partial) return partial.error();
    report.downloads = partial.value().files;
    report.bytes += partial.value().bytes;
  }
  return report;
}

}  // namespace pxf
