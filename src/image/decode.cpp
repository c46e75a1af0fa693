#include "image/decode.h"

#include <algorithm>

#include "image/metadata.h"
#include "image/png.h"

namespace pxf {
namespace {

enum class Kind : std::uint8_t { png, jpeg, webp };

Result<Kind> kind_of(Bytes file) {
  const std::string_view text = as_text(file);
  if (text.starts_with("\x89PNG")) return Kind::png;
  if (text.starts_with("\xff\xd8\xff")) return Kind::jpeg;
  if (text.starts_with("RIFF") && text.size() >= 12 && text.substr(8, 4) == "WEBP") return Kind::webp;
  return make_error(ErrorCode::unsupported, "is no PNG, JPEG or WebP picture{}",
                    text.empty() ? "; the file is empty" : "; convert it first");
}

}  // namespace

Result<Image> decode_image(Bytes file) {
  const Result<Kind> kind = kind_of(file);
  if (!kind) return kind.error();
  switch (kind.value()) {
    case Kind::png: return decode_png(file);
    case Kind::jpeg: return decode_jpeg(file);
    case Kind::webp: break;
  }
  return decode_webp(file);
}

Result<Image> decode_transparency(Bytes file) {
  const Result<Kind> kind = kind_of(file);
  if (!kind) return kind.error();
  if (kind.value() == Kind::png) return decode_png(file, Shown::transparency);
  if (kind.value() == Kind::webp) return decode_webp(file, Shown::transparency);
  auto opaque = decode_jpeg(file);
  if (opaque) std::ranges::fill(opaque.value().pixels, std::uint8_t{0});
  return opaque;
}

Result<std::vector<TextEntry>> read_picture_texts(Bytes file) {
  const Result<Kind> kind = kind_of(file);
  if (!kind) return kind.error();
  switch (kind.value()) {
    case Kind::png: return read_png_text(file);
    case Kind::jpeg: return jpeg_texts(file);
    case Kind::webp: break;
  }
  return webp_texts(file);
}

}  // namespace pxf
