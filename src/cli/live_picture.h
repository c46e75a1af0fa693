// A picture on stderr that is drawn over and over in one place, above the line of progress, and goes in the end.
#pragma once

#include <chrono>

#include "cli/terminal_picture.h"

namespace pxf::cli {

class LivePicture {
 public:
  /// Draws only when `wanted` and stderr is a terminal.
  LivePicture(bool wanted, PictureStyle style);
  /// Erases what is there.
  ~LivePicture() { erase(); }
  LivePicture(const LivePicture&) = delete;
  LivePicture& operator=(const LivePicture&) = delete;

  bool draws() const noexcept { return style_ != PictureStyle::none; }
  /// Not more often than the eye follows. The cursor stands at the start of an empty line afterwards.
  void show(const Image& image);
  void erase();

 private:
  PictureStyle style_;
  int rows_ = 0;  // lines that it takes now
  std::chrono::steady_clock::time_point shown_ = {};
};

}  // namespace pxf::cli
