#include "pixelforge/contact_sheet.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "image/lettering.h"
#include "image/resize.h"

namespace pxf {
namespace {

constexpr Colour kPaper{255, 255, 255}, kInk{30, 30, 30}, kFaint{110, 110, 110}, kNothing{235, 235, 235};
constexpr int kSmallCell = 160;    // pixels, for which letters of one pixel a dot do
constexpr int kNarrowest = 640;    // so that a title has room
constexpr int kLongestTitle = 50;  // letters

void paste(const Image& from, Image& into, int x, int y) {
  const auto row = static_cast<std::size_t>(from.width) * Image::kChannels;
  for (int k = 0; k < from.height; ++k) {
    const std::size_t to =
        (static_cast<std::size_t>(y + k) * static_cast<std::size_t>(into.width) + static_cast<std::size_t>(x)) *
        Image::kChannels;
    std::copy_n(from.pixels.begin() + static_cast<std::ptrdiff_t>(static_cast<std::size_t>(k) * row), row,
                into.pixels.begin() + static_cast<std::ptrdiff_t>(to));
  }
}

class SheetDrawer {
 public:
  SheetDrawer(int width, int height)
      : width_(width),
        height_(height),
        dot_(std::max(1, std::max(width, height) / kSmallCell)),
        pad_(8 * dot_),
        left_(12 * dot_),
        line_(text_height(dot_) + 2 * dot_),
        title_height_(text_height(2 * dot_)) {}

  Image draw(const std::string& title, const std::vector<ContactSheet>& sheets) const {
    Image out;
    std::size_t columns = 1;
    out.height = 2 * pad_ + title_height_;
    for (const ContactSheet& sheet : sheets) {
      columns = std::max(columns, sheet.columns.size());
      out.height += height_of(sheet);
    }
    out.width = std::max(2 * left_ + static_cast<int>(columns) * (width_ + pad_), kNarrowest);
    out.pixels.resize(out.byte_count());
    fill_box(out, 0, 0, out.width, out.height, kPaper);
    draw_text(out, left_, pad_, title.substr(0, kLongestTitle), kInk, 2 * dot_);
    int y = 2 * pad_ + title_height_;
    for (const ContactSheet& sheet : sheets) {
      draw_sheet(sheet, y, out);
      y += height_of(sheet);
    }
    return out;
  }

 private:
  int title_of(const ContactSheet& sheet) const { return sheet.title.empty() ? 0 : pad_ + title_height_; }

  int height_of(const ContactSheet& sheet) const {
    const int rows = static_cast<int>(sheet.rows.size());
    return 2 * pad_ + title_of(sheet) + label_lines(sheet) * line_ + rows * (height_ + pad_ + line_);
  }

  int label_lines(const ContactSheet& sheet) const {
    std::size_t most = 0;
    for (const std::string& label : sheet.columns) most = std::max(most, lines_of(label).size());
    return static_cast<int>(most);
  }

  std::string cut_to_fit(std::string text, int pixels) const {
    while (!text.empty() && text_width(text, dot_) > pixels) text.pop_back();
    return text;
  }

  /// Words in as many lines as they take.
  std::vector<std::string> lines_of(const std::string& label) const {
    std::vector<std::string> out;
    std::string line;
    for (std::size_t at = 0; at < label.size();) {
      const std::size_t end = std::min(label.find(' ', at), label.size());
      const std::string word = label.substr(at, end - at);
      if (!line.empty() && text_width(line + " " + word, dot_) > width_) out.push_back(std::exchange(line, {}));
      line += (line.empty() ? "" : " ") + word;
      at = end + 1;
    }
    if (!line.empty()) out.push_back(line);
    return out;
  }

  void draw_sheet(const ContactSheet& sheet, int y, Image& on) const {
    if (!sheet.title.empty()) draw_text(on, left_, y + pad_, sheet.title, kInk, 2 * dot_);
    y += pad_ + title_of(sheet);
    for (std::size_t c = 0; c < sheet.columns.size(); ++c) {
      int line = y;
      for (const std::string& text : lines_of(sheet.columns[c])) {
        draw_text(on, x_of(c), line, cut_to_fit(text, width_), kInk, dot_);
        line += line_;
      }
    }
    y += label_lines(sheet) * line_;
    for (std::size_t r = 0; r < sheet.rows.size(); ++r) {
      draw_text(on, left_, y, cut_to_fit(sheet.rows[r], on.width - 2 * left_), kFaint, dot_);
      y += line_;
      for (std::size_t c = 0; c < sheet.pictures[r].size(); ++c) draw_picture(sheet.pictures[r][c], x_of(c), y, on);
      y += height_ + pad_;
    }
  }

  int x_of(std::size_t column) const { return left_ + static_cast<int>(column) * (width_ + pad_); }

  void draw_picture(const Image& picture, int x, int y, Image& on) const {
    if (picture.pixels.empty()) return fill_box(on, x, y, width_, height_, kNothing);
    const bool fits = picture.width == width_ && picture.height == height_;
    paste(fits ? picture : resized(picture, width_, height_), on, x, y);
  }

  int width_, height_;  // of a cell
  int dot_;             // pixels of a letter's dot; the rest is in proportion
  int pad_, left_, line_, title_height_;
};

}  // namespace

Image draw_sheets(const std::string& title, const std::vector<ContactSheet>& sheets, int width, int height) {
  return SheetDrawer(width, height).draw(title, sheets);
}

}  // namespace pxf
