#include "server/client_pictures.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/base64.h"
#include "image/decode.h"
#include "image/png.h"
#include "image/resize.h"
#include "server/router.h"

namespace pxf {

std::vector<std::byte> client_file(const std::string& text, const std::string& field) {
  if (text.starts_with("http://") || text.starts_with("https://")) {
    throw HttpProblem(422, "invalid_argument", fmt::format("{}: addresses are not fetched here; send the file", field),
                      field);
  }
  auto bytes = bytes_of_base64(without_data_prefix(text));
  if (!bytes) throw HttpProblem(422, "invalid_argument", fmt::format("{}: is no picture in base64", field), field);
  return *std::move(bytes);
}

namespace {

Image image_or_problem(Result<Image> image, const std::string& field) {
  if (image) return std::move(image).value();
  throw HttpProblem(422, to_string(image.error().code), fmt::format("{}: {}", field, image.error().text()), field);
}

}  // namespace

Image client_picture(Bytes file, const std::string& field) { return image_or_problem(decode_image(file), field); }

Image client_transparency(Bytes file, const std::string& field) {
  return image_or_problem(decode_transparency(file), field);
}

bool is_black(const Image& image) {
  return std::ranges::all_of(image.pixels, [](std::uint8_t value) { return value == 0; });
}

Image inverted(Image image) {
  for (std::uint8_t& value : image.pixels) value = static_cast<std::uint8_t>(255 - value);
  return image;
}

Image fitted_inside(const Image& image, int width, int height) {
  const double scale = std::min(static_cast<double>(width) / image.width, static_cast<double>(height) / image.height);
  const int w = std::clamp(static_cast<int>(image.width * scale + 0.5), 1, width);
  const int h = std::clamp(static_cast<int>(image.height * scale + 0.5), 1, height);
  const Image inside = resized(image, w, h);
  Image out{width, height, {}};
  out.pixels.resize(out.byte_count());
  for (int y = 0; y < height; ++y) {
    const int from_y = std::clamp(y - (height - h) / 2, 0, h - 1);
    for (int x = 0; x < width; ++x) {
      const int from_x = std::clamp(x - (width - w) / 2, 0, w - 1);
      const auto from = inside.pixels.begin() + Image::kChannels * (static_cast<std::ptrdiff_t>(from_y) * w + from_x);
      std::copy_n(from, Image::kChannels,
                  out.pixels.begin() + Image::kChannels * (static_cast<std::ptrdiff_t>(y) * width + x));
    }
  }
  return out;
}

std::string keep_picture(Pictures& pictures, const Image& image) {
  return pictures.keep_input(value_or_throw(encode_png(image, {}, 1)));
}

}  // namespace pxf
