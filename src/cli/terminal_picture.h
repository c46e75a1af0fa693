// A picture as characters that a terminal shows as one: three encoders and the choice between them.
#pragma once

#include <cstdint>
#include <string>

#include "cli/terminal.h"
#include "pixelforge/image.h"

namespace pxf::cli {

enum class PictureStyle : std::uint8_t { automatic, kitty, sixel, blocks, none };

/// What `automatic` comes to on this terminal; asks it where the environment does not tell.
PictureStyle best_style();

struct ShownPicture {
  std::string text;
  int rows = 0;  // lines that it takes
};
/// As picture_text; on kitty a picture of the same id, unless that is 0, takes the place of the last one.
ShownPicture shown_picture(const Image& image, PictureStyle style, const Window& window, int id);

/// The picture, at most 40 columns wide and never higher than the window, ended by a newline; empty for `none`.
std::string picture_text(const Image& image, PictureStyle style, const Window& window);

/// Averages over the area of each new pixel. Both sizes at least 1 and at most the image's own.
Image shrink(const Image& image, int width, int height);

/// kitty's graphics protocol: raw RGB in base64, drawn `columns` wide by the terminal.
/// `id` 0: none. https://sw.kovidgoyal.net/kitty/graphics-protocol/
std::string encode_kitty(const Image& image, int columns, int id = 0);

/// DEC sixel in the 216 colours of a 6x6x6 cube, with errors diffused (Floyd and Steinberg 1976).
std::string encode_sixel(const Image& image);

/// One character for two pixels, an upper half block; 24-bit colour or the 256-colour palette.
std::string encode_blocks(const Image& image, bool true_colour);

}  // namespace pxf::cli
