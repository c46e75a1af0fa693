#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/base64.h"
#include "base/error.h"
#include "image/metadata.h"
#include "image/parameters.h"
#include "image/png.h"
#include "image/resize.h"
#include "server/a1111_answers.h"
#include "server/client_pictures.h"

namespace pxf {
namespace {

constexpr int kLargestSide = 16384;
constexpr double kMostPixels = 1 << 26;

/// By a factor, or to a size: cropped to its shape, or all of it as large as fits.
Image enlarged(const Image& image, const ClientFields& body) {
  double width = image.width, height = image.height;
  const bool to_size = body.whole("resize_mode").value_or(0) == 1;
  if (to_size) {
    width = body.number("upscaling_resize_w").value_or(512);
    height = body.number("upscaling_resize_h").value_or(512);
  } else {
    const double factor = body.number("upscaling_resize").value_or(2);
    width *= factor;
    height *= factor;
  }
  const bool fits =
      width >= 1 && height >= 1 && width <= kLargestSide && height <= kLargestSide && width * height <= kMostPixels;
  if (!fits) body.wrong(to_size ? "upscaling_resize_w" : "upscaling_resize", "a size of 1 to 16384 pixels a side");
  const int w = static_cast<int>(width), h = static_cast<int>(height);
  if (to_size && body.flag("upscaling_crop").value_or(true)) return filled(image, w, h);
  if (!to_size) return resized(image, w, h);
  const double scale = std::min(width / image.width, height / image.height);
  return resized(image, std::max(1, static_cast<int>(image.width * scale)),
                 std::max(1, static_cast<int>(image.height * scale)));
}

/// The upscalers that there are here; "None" leaves the picture as it is, all others would need a model.
bool is_to_be_enlarged(const ClientFields& body) {
  const std::string name = body.text("upscaler_1").value_or("None");
  if (name == "None") return false;
  if (name != "Lanczos") body.wrong("upscaler_1", "one of None, Lanczos");
  return true;
}

std::string extra_picture(const std::string& text, const ClientFields& body) {
  const Image image = client_picture(client_file(text, "image"), "image");
  const Image out = is_to_be_enlarged(body) ? enlarged(image, body) : image;
  return base64(value_or_throw(encode_png(out)));
}

std::string notes_on_extras(const ClientFields& body) {
  std::vector<std::string> notes;
  for (const char* name : {"gfpgan_visibility", "codeformer_visibility", "extras_upscaler_2_visibility"}) {
    if (body.number(name).value_or(0) != 0) notes.emplace_back(name);
  }
  return notes.empty() ? "" : fmt::format("<p>Not followed: {}</p>", fmt::join(notes, ", "));
}

}  // namespace

Json a1111_png_info(const std::string& picture) {
  const auto file = client_file(picture, "image");
  client_picture(file, "image");
  Json items = Json::object();
  const auto texts = read_picture_texts(file);
  std::string info;
  if (texts) {
    for (const TextEntry& entry : texts.value()) {
      entry.keyword == "parameters" ? static_cast<void>(info = entry.text)
                                    : static_cast<void>(items[entry.keyword] = entry.text);
    }
  }
  Json parameters = Json::object();
  if (!info.empty()) {
    const Parameters read = parse_parameters(info);
    parameters["Prompt"] = read.prompt;
    parameters["Negative prompt"] = read.negative;
    for (const auto& [name, value] : read.fields) parameters[name] = value;
    items["parameters"] = info;
  }
  return {{"info", info}, {"items", items}, {"parameters", parameters}};
}

Json a1111_extra(const Json& json) {
  const ClientFields body(json);
  return {{"image", extra_picture(body.text("image").value_or(""), body)}, {"html_info", notes_on_extras(body)}};
}

Json a1111_extras(const Json& json) {
  const ClientFields body(json);
  const Json* list = body.find("imageList");
  if (list == nullptr || !list->is_array()) body.wrong("imageList", "a list of {data, name}");
  Json images = Json::array();
  for (const Json& one : *list) {
    images.push_back(extra_picture(ClientFields(one, "imageList").text("data").value_or(""), body));
  }
  return {{"images", images}, {"html_info", notes_on_extras(body)}};
}

}  // namespace pxf
