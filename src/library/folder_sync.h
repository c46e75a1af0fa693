// Entries brought in line with the files of some folders.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "library/state.h"

namespace pxf {

/// Remembers what it has told, so that running it again tells only what is new.
class FolderSync {
 public:
  /// The library's state outlives it.
  FolderSync(LibraryState& library, std::vector<std::filesystem::path> roots)
      : library_(library), roots_(std::move(roots)) {}

  struct Watcher {
    std::function<bool(const std::filesystem::path&)> is_busy =
        {};                                                   // someone is writing it: leave it for the next time
    std::function<void(const FolderChange&)> on_change = {};  // once it is on the disk
    OnFile on_file = {};
    const CancelToken* cancel = nullptr;
  };
  /// `models` are all files under the roots. Errors: those of Store; cancelled, with what was found until then kept.
  Result<FolderReport> run(const std::vector<std::filesystem::path>& models, const Watcher& watcher);

 private:
  class Run;

  LibraryState& library_;
  std::vector<std::filesystem::path> roots_;
  std::map<std::string, FileStamp> skipped_;  // by path
  std::set<std::string> gone_;                // paths
};

}  // namespace pxf
