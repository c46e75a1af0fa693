#include "cli/terminal_picture.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace pxf::cli {
namespace {

constexpr int kColumns = 40;
constexpr int kRowsBeside = 4;  // lines of text that stay in view with the picture

Image fitted(const Image& image, int width, int height) {
  const double scale =
      std::min({1.0, static_cast<double>(width) / image.width, static_cast<double>(height) / image.height});
  const auto scaled = [scale](int side) { return std::max(1, static_cast<int>(std::lround(side * scale))); };
  return shrink(image, scaled(image.width), scaled(image.height));
}

}  // namespace

PictureStyle best_style() {
  if (shows_kitty_pictures()) return PictureStyle::kitty;
  if (!wants_colour()) return PictureStyle::none;
  return shows_sixel_pictures() ? PictureStyle::sixel : PictureStyle::blocks;
}

std::string picture_text(const Image& image, PictureStyle style, const Window& window) {
  return shown_picture(image, style, window, 0).text;
}

ShownPicture shown_picture(const Image& image, PictureStyle style, const Window& window, int id) {
  if (image.width < 1 || image.height < 1) return {};
  if (style == PictureStyle::automatic) style = best_style();
  const int columns = std::clamp(window.columns - 1, 1, kColumns);
  const int rows = std::max(1, window.rows - kRowsBeside);
  const int width = columns * window.cell_width, height = rows * window.cell_height;
  const auto lines = [&](double pixels) { return static_cast<int>(std::ceil(pixels / window.cell_height)); };
  switch (style) {
    case PictureStyle::kitty: {
      const double shown = std::min<double>(width, static_cast<double>(height) * image.width / image.height);
      const int across = std::max(1, static_cast<int>(shown / window.cell_width));
      const double high = static_cast<double>(across) * window.cell_width * image.height / image.width;
      return {encode_kitty(fitted(image, width, height), across, id), lines(high)};
    }
    case PictureStyle::sixel: {
      const Image shown = fitted(image, width, height);
      return {encode_sixel(shown), lines(shown.height)};
    }
    case PictureStyle::blocks: {
      const Image shown = fitted(image, columns, 2 * rows);
      return {encode_blocks(shown, has_true_colour()), (shown.height + 1) / 2};
    }
    default: return {};
  }
}

Image shrink(const Image& image, int width, int height) {
  Image out{width, height, {}};
  out.pixels.reserve(out.byte_count());
  for (int y = 0; y < height; ++y) {
    // Source rows y0 to y1 without y1; likewise columns. Whole pixels: the error stays below one pixel of the source.
    const int y0 = static_cast<int>(std::int64_t{y} * image.height / height);
    const int y1 = static_cast<int>((std::int64_t{y} + 1) * image.height / height);
    for (int x = 0; x < width; ++x) {
      const int x0 = static_cast<int>(std::int64_t{x} * image.width / width);
      const int x1 = static_cast<int>((std::int64_t{x} + 1) * image.width / width);
      const std::int64_t count = std::int64_t{y1 - y0} * (x1 - x0);
      for (int channel = 0; channel < Image::kChannels; ++channel) {
        std::int64_t sum = count / 2;
        for (int row = y0; row < y1; ++row) {
          for (int column = x0; column < x1; ++column) {
            const std::int64_t pixel = std::int64_t{row} * image.width + column;
            sum += image.pixels[static_cast<std::size_t>(pixel * Image::kChannels + channel)];
          }
        }
        out.pixels.push_back(static_cast<std::uint8_t>(sum / count));
      }
    }
  }
  return out;
}

}  // namespace pxf::cli
