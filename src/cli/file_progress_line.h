// How far work on a model's file has come: one line on stderr, redrawn in place and gone at the end.
#pragma once

#include <string>

#include "pixelforge/progress.h"

namespace pxf::cli {

class FileProgressLine {
 public:
  /// `doing`: "converting". Nothing is shown unless it is wanted and stderr is a terminal.
  FileProgressLine(std::string doing, bool wanted);
  ~FileProgressLine();
  FileProgressLine(const FileProgressLine&) = delete;
  FileProgressLine& operator=(const FileProgressLine&) = delete;

  void show(const FileProgress& progress);
  /// For the engine's verbs. This outlives it.
  OnFileProgress callback();

 private:
  std::string doing_;
  bool shown_;
  bool drawn_ = false;
  double next_ = 0;
};

}  // namespace pxf::cli
