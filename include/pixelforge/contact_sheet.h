// Pictures side by side in labelled tables, to compare them.
#pragma once

#include <string>
#include <vector>

#include "pixelforge/image.h"

namespace pxf {

/// A table of pictures. One whose `pixels` are empty is shown as a blank.
struct ContactSheet {
  std::string title = {};
  std::vector<std::string> columns = {}, rows = {};  // labels; letters are capitals of ASCII
  std::vector<std::vector<Image>> pictures = {};     // by row
};

/// All tables on one picture, one below the other, under a title. Each picture is made to fill a cell of `width` x
/// `height` pixels; letters grow with the cells.
Image draw_sheets(const std::string& title, const std::vector<ContactSheet>& sheets, int width, int height);

}  // namespace pxf
