#include "pixelforge/folder_watch.h"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>

#include "library/background_hashing.h"
#include "library/folder_events.h"
#include "library/folder_sync.h"
#include "library/model_folders.h"
#include "library/scan.h"
#include "store/home.h"

namespace pxf {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

struct WatchState {
  Engine& engine;
  std::vector<fs::path> given;
  WatchOptions options;
};

namespace {

// How often a watch looks up: for cancelling, and to see many changes at once.
constexpr std::chrono::milliseconds kBreath{100};

std::chrono::nanoseconds duration(double seconds) {
  return std::chrono::nanoseconds(static_cast<std::int64_t>(seconds * 1e9));
}

/// One run() of a FolderWatch.
class Watching {
 public:
  Watching(LibraryState& library, std::vector<fs::path> roots, const WatchOptions& options,
           const std::function<void(const FolderChange&)>& on_change, const CancelToken& cancel)
      : roots_(std::move(roots)),
        options_(options),
        sync_(library, roots_),
        watcher_{.is_busy = [this](const fs::path& path) { return is_busy(path); },
                 .on_change = on_change,
                 .on_file = {},
                 .cancel = &cancel} {}

  /// All folders, brought in line with the library.
  Result<FolderReport> look() {
    looked_ = Clock::now();
    Scanned found = scan_for_models(roots_);
    // What comes into a folder between its being scanned and watched is seen by the scan that follows.
    while (!events_.watch(found.folders)) found = scan_for_models(roots_);
    return sync_.run(found.models, watcher_);
  }

  /// Waits a moment; whether there is something to look at.
  bool has_changed() {
    for (const auto& [path, what] : events_.wait(kBreath)) {
      const bool closed = what == FolderEvents::What::closed;
      written_[path] = closed ? Clock::time_point() : Clock::now();
    }
    const auto settled = Clock::now() - duration(options_.settle_seconds);
    const auto left_alone = std::erase_if(written_, [&](const auto& one) { return one.second <= settled; });
    const bool polls = !events_.refusal().empty() && Clock::now() - looked_ >= duration(options_.poll_seconds);
    return left_alone > 0 || polls;
  }

  const FolderEvents& events() const { return events_; }

 private:
  /// Also a file that was begun before its folder was watched: nobody tells when it is whole, but its time does.
  bool is_busy(const fs::path& path) {
    if (written_.contains(path.string())) return true;
    std::error_code failed;
    const auto age = fs::file_time_type::clock::now() - fs::last_write_time(path, failed);
    const bool is_fresh = !failed && age >= age.zero() && age < duration(options_.settle_seconds);
    if (is_fresh) written_[path.string()] = Clock::now();
    return is_fresh;
  }

  std::vector<fs::path> roots_;
  const WatchOptions& options_;
  FolderEvents events_;
  FolderSync sync_;
  FolderSync::Watcher watcher_;
  std::map<std::string, Clock::time_point> written_;  // when someone last wrote to a file that may not be whole
  Clock::time_point looked_;
};

Result<std::vector<fs::path>> roots_of(const std::vector<fs::path>& given) {
  std::vector<fs::path> out;
  for (const fs::path& one : given) {
    const auto roots = model_folders(one);
    if (!roots) return roots.error();
    out.insert(out.end(), roots.value().begin(), roots.value().end());
  }
  return out;
}

}  // namespace

FolderWatch::FolderWatch(Engine& engine, std::vector<fs::path> folders, const WatchOptions& options)
    : state_(new WatchState{engine, std::move(folders), options}) {}
FolderWatch::FolderWatch(FolderWatch&&) noexcept = default;
FolderWatch& FolderWatch::operator=(FolderWatch&&) noexcept = default;
FolderWatch::~FolderWatch() = default;

Status FolderWatch::run(const std::function<void(const WatchStart&)>& on_start,
                        const std::function<void(const FolderChange&)>& on_change, const CancelToken& cancel) {
  const WatchOptions& options = state_->options;
  const fs::path home = options.home.empty() ? library_home() : fs::absolute(options.home);
  LibraryState library{state_->engine, Store(home), {}};
  auto roots = roots_of(state_->given);
  if (!roots) return std::move(roots).error();
  Watching watching(library, std::move(roots).value(), options, on_change, cancel);
  std::optional<BackgroundHashing> hashing;
  bool is_first = true;
  do {
    const Result<FolderReport> report = watching.look();
    if (!report && report.error().code == ErrorCode::cancelled) return Done{};
    if (!report) return report.error();
    if (is_first) {
      for (const fs::path& one : state_->given) {
        const fs::path place = fs::absolute(one).lexically_normal();
        if (Status done = library.store.remember_folder(place.string()); !done) return done;
      }
      on_start({report.value(), watching.events().watched(), watching.events().refusal()});
      if (options.hashes) hashing.emplace(state_->engine, home);
    } else if (hashing) {
      hashing->look();
    }
    is_first = false;
    while (!cancel.requested() && !watching.has_changed()) continue;
  } while (!cancel.requested());
  return Done{};
}

}  // namespace pxf
