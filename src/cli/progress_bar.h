// One line on stderr that shows how far a picture is, redrawn in place. Changes nothing of the terminal's state:
// whenever the program ends, there is nothing to restore.
#pragma once

#include <string>

#include "pixelforge/progress.h"

namespace pxf::cli {

/// "████░░░░ 7/20 · 31 it/s · 0:03", or what is going on before and after the steps.
std::string progress_line(const Progress& progress);

class ProgressBar {
 public:
  /// Draws only when `wanted` and stderr is a terminal.
  explicit ProgressBar(bool wanted);
  /// Erases an unfinished line.
  ~ProgressBar();
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  void show(const Progress& progress);
  /// Leaves the line of the last finished step standing.
  void finish();

 private:
  bool shown_;
  bool drawn_ = false;
  std::string last_steps_;
};

}  // namespace pxf::cli
