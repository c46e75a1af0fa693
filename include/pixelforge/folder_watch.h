// Folders of models that are kept in the library as they change: files that come, change, move and go are told as soon
// as they are whole, and their hashes are computed beside, with the lowest priority.
//
//   pxf::FolderWatch watch(engine, {"/home/me/ComfyUI/models"});
//   watch.run([](const pxf::FolderChange& change) { ... }, cancel);
//
// A file that is being copied is looked at when its writer closes it, or nobody has written to it for a while. Changes
// that another machine makes on a network drive are seen at the next look at everything (`poll_seconds`).
// One FolderWatch is used by one thread at a time; many processes may watch the same folders.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "pixelforge/cancel.h"
#include "pixelforge/library.h"

namespace pxf {

struct WatchOptions {
  double settle_seconds = 1;  // how long a file must have been left alone whose writer does not say that it is done
  /// How often everything is looked at where the system cannot tell of changes: too many folders for its limits.
  double poll_seconds = 30;
  bool hashes = true;               // compute those that are missing
  std::filesystem::path home = {};  // of the library; empty: as Library's
};

/// What the first look at all folders has given, and how changes from then on are seen.
struct WatchStart {
  FolderReport found;              // which has been told as changes too
  std::size_t folders = 0;         // that the system tells of, those inside them counted
  std::string polls_because = {};  // why everything is looked at again and again besides; usually empty
};

struct WatchState;  // of the implementation

class FolderWatch {
 public:
  /// `folders`: as Library::add_folder takes them. Touches nothing. The engine outlives it.
  FolderWatch(Engine& engine, std::vector<std::filesystem::path> folders, const WatchOptions& options = {});
  FolderWatch(FolderWatch&&) noexcept;
  FolderWatch& operator=(FolderWatch&&) noexcept;
  ~FolderWatch();

  /// Until `cancel` is requested, which is no error. Both functions are called on this thread. Errors: those of
  /// Library::add_folder.
  Status run(const std::function<void(const WatchStart&)>& on_start,
             const std::function<void(const FolderChange&)>& on_change, const CancelToken& cancel);

 private:
  std::unique_ptr<WatchState> state_;
};

}  // namespace pxf
