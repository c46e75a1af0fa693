// What the terminal at the other end can show.
#pragma once

#include <cstdio>

namespace pxf::cli {

bool is_terminal(std::FILE* stream);

/// In characters, and the pixels of one of them where the terminal tells (else a common size).
struct Window {
  int columns = 80, rows = 24;
  int cell_width = 10, cell_height = 20;
};
Window window_of(std::FILE* stream);

/// Whether colours are welcome: not with NO_COLOR (no-color.org) or TERM=dumb.
bool wants_colour();
/// 24-bit colour rather than 256 colours.
bool has_true_colour();
/// kitty's picture protocol: kitty, ghostty and WezTerm, told by their environment, unless a multiplexer stands
/// between.
bool shows_kitty_pictures();
/// Sixel pictures, as the terminal answers when asked (DA1). Waits up to a quarter of a second for the answer.
bool shows_sixel_pictures();

}  // namespace pxf::cli
