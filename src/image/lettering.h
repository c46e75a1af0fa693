// Words and boxes in pictures that are charts: capitals of 5 x 7 dots, without a font file. Not for prose: lower case
// is written as capitals, and what is not ASCII as a box.
#pragma once

#include <cstdint>
#include <string_view>

#include "image/image.h"

namespace pxf {

struct Colour {
  std::uint8_t red, green, blue;
};

/// Pixels; a dot has `scale` of them a side.
int text_width(std::string_view text, int scale);
inline int text_height(int scale) { return 7 * scale; }

/// What lies outside the picture is left out.
void draw_text(Image& on, int x, int y, std::string_view text, Colour colour, int scale);
void fill_box(Image& on, int x, int y, int width, int height, Colour colour);

}  // namespace pxf
