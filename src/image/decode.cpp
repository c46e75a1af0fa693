#include "image/decode.h"

#include "image/png.h"

namespace pxf {

Result<Image> decode_image(Bytes file) {
  const std::string_view text = as_text(file);
  if (text.starts_with("\x89PNG")) return decode_png(file);
  if (text.starts_with("\xff\xd8\xff")) return decode_jpeg(file);
  if (text.starts_with("RIFF") && text.size() >= 12 && text.substr(8, 4) == "WEBP") return decode_webp(file);
  return make_error(ErrorCode::unsupported, "is no PNG, JPEG or WebP picture{}",
                    text.empty() ? "; the file is empty" : "; convert it first");
}

}  // namespace pxf
