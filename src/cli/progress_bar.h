// One line on stderr that shows how far a picture is, redrawn in place. Changes nothing of the terminal's state:
// whenever the program ends, there is nothing to restore.
#pragma once

#include <string>

#include "pixelforge/progress.h"

namespace pxf::cli {

/// "████░░░░": what part of 0 to 1 is done.
std::string bar_text(double part);
/// " · 0:03", " · 1:02:03"; nothing while it is not known (negative).
std::string time_left_text(double seconds);

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
  /// Any line in its place.
  void show(const std::string& line);
  void erase();
  /// Leaves the line of the last finished step standing.
  void finish();

 private:
  bool shown_;
  bool drawn_ = false;
  std::string last_steps_;
};

}  // namespace pxf::cli
