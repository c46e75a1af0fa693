// What the system tells of changes in folders: inotify.
#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "base/descriptor.h"

namespace pxf {

/// Changes since the last look, by path. Of a folder that the system has limits against it says so, and is silent.
class FolderEvents {
 public:
  FolderEvents();

  /// Adds to those that are watched; the same folder again does no harm. False: some are new.
  bool watch(const std::vector<std::filesystem::path>& folders);
  std::size_t watched() const { return folders_.size(); }
  /// Why some folders are not watched; empty: all are.
  const std::string& refusal() const { return refusal_; }

  enum class What { written, closed };  // closed: whoever wrote or moved the file is done with it, or it is gone
  /// Waits for changes, at most so long. Paths of files and folders; an empty one: too much has changed to tell.
  std::map<std::string, What> wait(std::chrono::milliseconds longest);

 private:
  Descriptor inotify_;
  std::map<int, std::filesystem::path> folders_;  // by watch descriptor
  std::string refusal_;
};

}  // namespace pxf
