#include <turbojpeg.h>

#include <algorithm>
#include <memory>
#include <new>
#include <optional>
#include <string>

#include "image/decode.h"
#include "image/decoding.h"

namespace pxf {
namespace {

using Decoder = std::unique_ptr<void, int (*)(tjhandle)>;

/// Big- or little-endian, as an Exif block says of itself.
class ExifNumbers {
 public:
  ExifNumbers(Bytes bytes, bool big) : bytes_(bytes), big_(big) {}
  std::optional<std::uint32_t> at(std::size_t offset, std::size_t size) const {
    if (offset > bytes_.size() || size > bytes_.size() - offset) return std::nullopt;
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < size; ++i) {
      value = value << 8 | static_cast<std::uint32_t>(bytes_[offset + (big_ ? i : size - 1 - i)]);
    }
    return value;
  }

 private:
  Bytes bytes_;
  bool big_;
};

/// Tag 0x0112 of the first directory of a TIFF block; 1, upright, when it is not there.
int orientation_in(Bytes tiff) {
  const std::string_view text = as_text(tiff);
  if (!text.starts_with("MM") && !text.starts_with("II")) return 1;
  const ExifNumbers numbers(tiff, text.starts_with("MM"));
  const auto directory = numbers.at(4, 4);
  if (!directory) return 1;
  const std::uint32_t count = numbers.at(*directory, 2).value_or(0);
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::size_t entry = std::size_t{*directory} + 2 + std::size_t{12} * i;
    const auto tag = numbers.at(entry, 2);
    if (!tag) return 1;
    if (*tag == 0x0112) return static_cast<int>(numbers.at(entry + 8, 2).value_or(1));
  }
  return 1;
}

/// Of the first Exif segment.
int orientation_of(Bytes file) {
  std::size_t at = 2;
  while (at + 4 <= file.size() && file[at] == std::byte{0xff}) {
    const auto marker = static_cast<unsigned>(file[at + 1]);
    if (marker == 0xda) break;  // the picture itself
    const std::size_t size = static_cast<std::size_t>(file[at + 2]) << 8 | static_cast<std::size_t>(file[at + 3]);
    if (size < 2 || size > file.size() - at - 2) break;
    const Bytes body = file.subspan(at + 4, size - 2);
    if (marker == 0xe1 && as_text(body).starts_with(std::string_view("Exif\0\0", 6))) {
      return orientation_in(body.subspan(6));
    }
    at += 2 + size;
  }
  return 1;
}

/// Turned and mirrored as Exif's eight orientations say.
Image upright(Image image, int orientation) {
  if (orientation < 2 || orientation > 8) return image;
  const bool turned = orientation >= 5;
  Image out{turned ? image.height : image.width, turned ? image.width : image.height, {}};
  out.pixels.resize(image.pixels.size());
  const int w = image.width, h = image.height;
  for (int y = 0; y < out.height; ++y) {
    for (int x = 0; x < out.width; ++x) {
      int from_x = turned ? y : x, from_y = turned ? x : y;
      if (orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8) from_x = w - 1 - from_x;
      if (orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7) from_y = h - 1 - from_y;
      const auto to = static_cast<std::size_t>(y) * static_cast<std::size_t>(out.width) + static_cast<std::size_t>(x);
      const auto from =
          static_cast<std::size_t>(from_y) * static_cast<std::size_t>(w) + static_cast<std::size_t>(from_x);
      std::copy_n(image.pixels.begin() + static_cast<std::ptrdiff_t>(from * 3), 3,
                  out.pixels.begin() + static_cast<std::ptrdiff_t>(to * 3));
    }
  }
  return out;
}

/// CMYK as JPEGs hold it, inverted, to RGB in place.
void to_rgb(std::vector<std::uint8_t>& pixels) {
  const std::size_t count = pixels.size() / 4;
  for (std::size_t i = 0; i < count; ++i) {
    const unsigned black = pixels[4 * i + 3];
    for (std::size_t c = 0; c < 3; ++c) {
      pixels[3 * i + c] = static_cast<std::uint8_t>((pixels[4 * i + c] * black + 127) / 255);
    }
  }
  pixels.resize(3 * count);
}

}  // namespace

Result<Image> decode_jpeg(Bytes file) {
  const Decoder decoder(tjInitDecompress(), tjDestroy);
  if (!decoder) return make_error(ErrorCode::out_of_memory, "no memory to decode a JPEG");
  const auto* data = reinterpret_cast<const unsigned char*>(file.data());
  int width = 0, height = 0, sampling = 0, colours = 0;
  if (tjDecompressHeader3(decoder.get(), data, file.size(), &width, &height, &sampling, &colours) != 0) {
    return make_error(ErrorCode::bad_file, "JPEG: {}", tjGetErrorStr2(decoder.get()));
  }
  const auto w = static_cast<std::uint64_t>(width), h = static_cast<std::uint64_t>(height);
  if (const Status fits = check_pixels("JPEG", w, h); !fits) return fits.error();
  const bool cmyk = colours == TJCS_CMYK || colours == TJCS_YCCK;
  try {
    Image image{width, height, std::vector<std::uint8_t>(w * h * (cmyk ? 4 : 3))};
    const int status = tjDecompress2(decoder.get(), data, file.size(), image.pixels.data(), width, 0, height,
                                     cmyk ? TJPF_CMYK : TJPF_RGB, 0);
    if (status != 0 && tjGetErrorCode(decoder.get()) == TJERR_FATAL) {
      return make_error(ErrorCode::bad_file, "JPEG: {}", tjGetErrorStr2(decoder.get()));
    }
    // Most warnings do no harm; after this one the rest of the picture would be grey.
    if (status != 0 && std::string_view(tjGetErrorStr2(decoder.get())).find("remature end") != std::string_view::npos) {
      return make_error(ErrorCode::bad_file, "JPEG: is cut off; copy or download it again");
    }
    if (cmyk) to_rgb(image.pixels);
    return upright(std::move(image), orientation_of(file));
  } catch (const std::bad_alloc&) {
    return make_error(ErrorCode::out_of_memory, "no memory for a JPEG of {}x{} pixels", w, h);
  }
}

}  // namespace pxf
