// A DiffReport as a picture.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "image/lettering.h"
#include "pixelforge/diff.h"

namespace pxf {
namespace {

constexpr int kDot = 2, kWidth = 1000, kMargin = 20, kLine = 22, kBar = 14, kGap = 10;
constexpr int kNumber = 100;  // room for "100.00 %" behind the longest bar
constexpr Colour kPaper{255, 255, 255}, kInk{40, 40, 40}, kFaint{150, 150, 150}, kTrack{238, 238, 238};

Colour colour_of(const std::string& part) {
  if (part == "text") return {214, 137, 16};
  if (part == "unet") return {46, 109, 180};
  return part == "vae" ? Colour{72, 145, 87} : Colour{120, 94, 160};
}

const char* title_of(const std::string& part) {
  if (part == "text") return "text encoders";
  if (part == "unet") return "network";
  return part == "vae" ? "VAE" : "other tensors";
}

std::string percent(double share) { return std::isfinite(share) ? fmt::format("{:.2f} %", 100 * share) : "new"; }

/// Cut in the middle, where names differ least.
std::string shortened(const std::string& text, std::size_t most) {
  if (text.size() <= most) return text;
  const std::size_t head = most / 2 - 1, tail = most - head - 2;
  return text.substr(0, head) + ".." + text.substr(text.size() - tail);
}

class Chart {
 public:
  explicit Chart(const DiffReport& report) : report_(report) {
    std::size_t longest = 0;
    for (const DiffRow& block : report.blocks) {
      longest = std::max(longest, std::min(block.name.size(), kLongestLabel));
      if (std::isfinite(block.relative)) most_ = std::max(most_, block.relative);
    }
    bars_ = kMargin + text_width(std::string(longest, 'x'), kDot) + kGap;
    const std::size_t lines = 3 + report.blocks.size() + 2 * report.parts.size();
    image_.width = kWidth;
    image_.height = 2 * kMargin + static_cast<int>(lines) * kLine;
    image_.pixels.resize(image_.byte_count());
    fill_box(image_, 0, 0, image_.width, image_.height, kPaper);
  }

  Image draw() {
    line(fmt::format("A: {}", shortened(report_.a, kLongestTitle)), kInk);
    line(fmt::format("B: {}", shortened(report_.b, kLongestTitle)), kInk);
    line(fmt::format("distance by length of A: {}, {} of {} tensors changed", percent(report_.whole.relative),
                     report_.whole.changed, report_.whole.tensors),
         kFaint);
    for (const DiffRow& part : report_.parts) {
      y_ += kLine;
      line(fmt::format("{}   {}", title_of(part.part), percent(part.relative)), colour_of(part.part));
      for (const DiffRow& block : report_.blocks) {
        if (block.part == part.part) bar(block);
      }
    }
    return std::move(image_);
  }

 private:
  static constexpr std::size_t kLongestLabel = 30, kLongestTitle = 75;

  void line(const std::string& text, Colour colour) {
    draw_text(image_, kMargin, y_, text, colour, kDot);
    y_ += kLine;
  }

  void bar(const DiffRow& block) {
    draw_text(image_, kMargin, y_, shortened(block.name, kLongestLabel), kInk, kDot);
    const int room = kWidth - kMargin - kNumber - kGap - bars_;
    const double share = !std::isfinite(block.relative) ? 1 : most_ > 0 ? block.relative / most_ : 0;
    const int length = static_cast<int>(std::lround(share * room));
    fill_box(image_, bars_, y_, room, kBar, kTrack);
    fill_box(image_, bars_, y_, length, kBar, colour_of(block.part));
    draw_text(image_, bars_ + room + kGap, y_, percent(block.relative), block.changed > 0 ? kInk : kFaint, kDot);
    y_ += kLine;
  }

  const DiffReport& report_;
  Image image_;
  double most_ = 0;
  int bars_ = 0, y_ = kMargin;
};

}  // namespace

Image draw_chart(const DiffReport& report) { return Chart(report).draw(); }

}  // namespace pxf
