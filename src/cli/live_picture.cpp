#include "cli/live_picture.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

namespace pxf::cli {
namespace {

constexpr auto kShortest = std::chrono::milliseconds(100);
constexpr int kSide = 256;    // pixels: previews are small, and what terminals show is not enlarged elsewhere
constexpr int kKittyId = 77;  // by which the next picture replaces the last one

Image enlarged(const Image& image) {
  const int factor = std::max(1, kSide / std::max(image.width, image.height));
  Image out{image.width * factor, image.height * factor, {}};
  out.pixels.reserve(out.byte_count());
  for (int y = 0; y < out.height; ++y) {
    const std::size_t row = static_cast<std::size_t>(y / factor) * static_cast<std::size_t>(image.width);
    for (int x = 0; x < out.width; ++x) {
      const auto from =
          image.pixels.begin() + static_cast<std::ptrdiff_t>((row + static_cast<std::size_t>(x / factor)) * 3);
      out.pixels.insert(out.pixels.end(), from, from + 3);
    }
  }
  return out;
}

/// To the start of the line, so many lines up.
std::string up(int rows) { return rows > 0 ? fmt::format("\r\x1b[{}A", rows) : "\r"; }

}  // namespace

LivePicture::LivePicture(bool wanted, PictureStyle style) : style_(PictureStyle::none) {
  if (!wanted || !is_terminal(stderr)) return;
  style_ = style == PictureStyle::automatic ? best_style() : style;
}

void LivePicture::show(const Image& image) {
  const auto now = std::chrono::steady_clock::now();
  if (!draws() || (rows_ > 0 && now - shown_ < kShortest)) return;
  shown_ = now;
  const ShownPicture picture = shown_picture(enlarged(image), style_, window_of(stderr), kKittyId);
  std::fputs(fmt::format("{}\x1b[J{}", up(rows_), picture.text).c_str(), stderr);
  std::fflush(stderr);
  rows_ = picture.rows;
}

void LivePicture::erase() {
  if (rows_ == 0) return;
  if (style_ == PictureStyle::kitty) std::fputs(fmt::format("\x1b_Ga=d,d=I,i={},q=2\x1b\\", kKittyId).c_str(), stderr);
  std::fputs((up(rows_) + "\x1b[J").c_str(), stderr);
  std::fflush(stderr);
  rows_ = 0;
}

}  // namespace pxf::cli
