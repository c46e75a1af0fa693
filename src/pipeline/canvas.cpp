#include "pipeline/canvas.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/error.h"
#include "image/fill.h"

namespace pxf {
namespace {

constexpr int kLargestSide = 16384;
constexpr int kWidestPadding = 1024;

constexpr std::uint8_t kBlack = 0, kWhite = 255;

Image plain(Sides size, std::uint8_t value) {
  Image out{size.width, size.height, {}};
  out.pixels.assign(out.byte_count(), value);
  return out;
}

void paste(Image& onto, const Image& from, int x, int y) {
  const std::size_t row = static_cast<std::size_t>(from.width) * Image::kChannels;
  for (int i = 0; i < from.height; ++i) {
    const auto to = Image::kChannels * (static_cast<std::ptrdiff_t>(y + i) * onto.width + x);
    std::copy_n(from.pixels.begin() + static_cast<std::ptrdiff_t>(row) * i, row, onto.pixels.begin() + to);
  }
}

Image inverted(Image mask) {
  for (std::uint8_t& value : mask.pixels) value = static_cast<std::uint8_t>(255 - value);
  return mask;
}

/// Of init alone; none: nothing of it is made anew.
std::optional<Image> own_mask(const Request& request) {
  if (!request.mask) return std::nullopt;
  return request.invert_mask ? inverted(*request.mask) : *request.mask;
}

/// The rectangle of what is not black; of no width for a mask that is black throughout.
Region bounds_of(const Image& mask) {
  int left = mask.width, right = -1, top = mask.height, bottom = -1;
  for (int y = 0; y < mask.height; ++y) {
    for (int x = 0; x < mask.width; ++x) {
      const auto at = 3 * (static_cast<std::ptrdiff_t>(y) * mask.width + x);
      if (std::all_of(mask.pixels.begin() + at, mask.pixels.begin() + at + 3, [](auto v) { return v == 0; })) continue;
      left = std::min(left, x), right = std::max(right, x);
      top = std::min(top, y), bottom = std::max(bottom, y);
    }
  }
  return right < 0 ? Region{} : Region{left, top, right - left + 1, bottom - top + 1};
}

struct Span {
  int begin, length;
};

/// To `wanted`, both ways alike where there is room, within 0 to `limit`.
Span grown(Span span, int wanted, int limit) {
  const int length = std::clamp(wanted, span.length, limit);
  return {std::clamp(span.begin - (length - span.length) / 2, 0, limit - length), length};
}

/// Init's mask, black where there is none, in white margins.
Image with_margins(const Request& request, const std::optional<Image>& mask) {
  Image out = plain(canvas_size(request), kWhite);
  const Sides inner{request.init->width, request.init->height};
  paste(out, mask ? *mask : plain(inner, kBlack), request.outpaint.left, request.outpaint.top);
  return out;
}

}  // namespace

void check_canvas(const Request& request) {
  const Margins& m = request.outpaint;
  require(request.init || !m.any(), "outpaint: got margins without a picture; give the picture with --init");
  for (const int margin : {m.left, m.right, m.top, m.bottom}) {
    require(margin >= 0 && margin <= kLargestSide, "outpaint: got {}, need 0 to {}", margin, kLargestSide);
  }
  require(!request.invert_mask || request.mask, "inverted mask: got no mask; give one with --mask");
  require(!request.only_masked || request.mask || m.any(), "only masked: got no mask; give one with --mask");
  require(request.masked_padding >= 0 && request.masked_padding <= kWidestPadding,
          "masked padding: got {}, need 0 to {}", request.masked_padding, kWidestPadding);
  if (!request.init) return;
  const Sides size = canvas_size(request);
  require(size.width <= kLargestSide && size.height <= kLargestSide,
          "outpaint: {}x{} would come of it, need at most {}", size.width, size.height, kLargestSide);
  if (!request.only_masked) return;
  require(m.any() || bounds_of(*own_mask(request)).width > 0,
          "mask: is {} throughout, so that nothing would be drawn; paint what is to change",
          request.invert_mask ? "white, and inverted," : "black");
}

Sides canvas_size(const Request& request) {
  const Margins& m = request.outpaint;
  return {request.init->width + m.left + m.right, request.init->height + m.top + m.bottom};
}

Canvas canvas_of(const Request& request) {
  if (!request.outpaint.any()) return {*request.init, own_mask(request)};
  Image picture = plain(canvas_size(request), kBlack);
  paste(picture, *request.init, request.outpaint.left, request.outpaint.top);
  std::vector<float> hole;
  const Image margins = with_margins(request, std::nullopt);
  for (std::size_t i = 0; i < margins.pixels.size(); i += 3) hole.push_back(margins.pixels[i] == kWhite ? 1.0f : 0.0f);
  return {filled_from_around(picture, hole), with_margins(request, own_mask(request))};
}

Region masked_region(const Request& request) {
  const Sides size = canvas_size(request);
  const Region bounds = bounds_of(with_margins(request, own_mask(request)));
  const int around = request.masked_padding + 2 * request.mask_blur;  // so far the blur reaches
  Region out;
  out.x = std::max(0, bounds.x - around);
  out.y = std::max(0, bounds.y - around);
  out.width = std::min(size.width, bounds.x + bounds.width + around) - out.x;
  out.height = std::min(size.height, bounds.y + bounds.height + around) - out.y;
  return out;
}

Region in_shape_of(Region region, Sides shape, Sides canvas) {
  const double ratio = static_cast<double>(shape.width) / shape.height;
  const auto width =
      grown({region.x, region.width}, static_cast<int>(std::lround(region.height * ratio)), canvas.width);
  const auto height =
      grown({region.y, region.height}, static_cast<int>(std::lround(region.width / ratio)), canvas.height);
  return {width.begin, height.begin, width.length, height.length};
}

}  // namespace pxf
