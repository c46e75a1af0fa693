#include "pixelforge/picture_file.h"

#include <algorithm>
#include <string>

#include "base/error.h"
#include "base/file.h"
#include "image/encode.h"
#include "image/metadata.h"
#include "image/png.h"
#include "recipe/recipe.h"

namespace pxf {

std::optional<ImageFormat> format_of_name(const std::filesystem::path& path) {
  std::string ending = path.extension().string();
  std::ranges::transform(ending, ending.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c; });
  if (ending == ".png") return ImageFormat::png;
  if (ending == ".jpg" || ending == ".jpeg") return ImageFormat::jpeg;
  if (ending == ".webp") return ImageFormat::webp;
  return std::nullopt;
}

namespace {

Status check_quality(int quality) {
  if (quality >= 1 && quality <= 100) return Done{};
  return make_error(ErrorCode::invalid_argument, "quality: got {}, need 1 to 100", quality);
}

}  // namespace

Status check_encoding(const Plan& plan, const Encoding& encoding) {
  if (Status quality = check_quality(encoding.quality); !quality) return quality;
  const int width = std::max(plan.width, plan.hires_width), height = std::max(plan.height, plan.hires_height);
  switch (encoding.format) {
    case ImageFormat::png: break;
    case ImageFormat::jpeg: return jpeg_holds(width, height, plan.longest_parameters);
    case ImageFormat::webp: return webp_holds(width, height);
  }
  return Done{};
}

Result<std::vector<std::byte>> encode_picture(const Picture& picture, const Encoding& encoding) {
  const Image& image = picture.image;
  if (Status quality = check_quality(encoding.quality); !quality) return std::move(quality).error();
  if (image.width <= 0 || image.height <= 0 || image.pixels.size() != image.byte_count()) {
    return make_error(ErrorCode::invalid_argument, "picture: got {} bytes of pixels for {}x{}", image.pixels.size(),
                      image.width, image.height);
  }
  switch (encoding.format) {
    case ImageFormat::png: return encode_png(picture);
    case ImageFormat::jpeg: return encode_jpeg(image, picture.parameters, encoding.quality);
    case ImageFormat::webp: break;
  }
  return encode_webp(image, picture.parameters, encoding.quality);
}

Status save_picture(const Picture& picture, const std::filesystem::path& path, const Encoding& encoding) {
  Result<std::vector<std::byte>> bytes = encode_picture(picture, encoding);
  if (!bytes) return std::move(bytes).error();
  return write_file_atomically(path, bytes.value());
}

Result<PictureRecipe> read_recipe(std::span<const std::byte> file) {
  const auto texts = read_picture_texts(file);
  if (!texts) return texts.error();
  return recipe_in(texts.value());
}

Result<PictureRecipe> load_recipe(const std::filesystem::path& path) {
  const auto file = MappedFile::open(path);
  if (!file) return file.error();
  auto recipe = read_recipe(file.value()->bytes());
  if (!recipe) return with_context(std::move(recipe).error(), path.string());
  return recipe;
}

}  // namespace pxf
