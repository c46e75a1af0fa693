#include <turbojpeg.h>

#include <algorithm>
#include <memory>
#include <new>
#include <string>

#include "image/decode.h"
#include "image/decoding.h"
#include "image/encode.h"
#include "image/exif.h"
#include "image/metadata.h"
#include "image/utf8.h"

namespace pxf {
namespace {

using Codec = std::unique_ptr<void, int (*)(tjhandle)>;

constexpr unsigned kExifMarker = 0xe1, kCommentMarker = 0xfe;
constexpr std::string_view kExifName("Exif\0\0", 6);
constexpr std::size_t kMostInSegment = 0xffff - 2;  // its size is counted in 16 bits, with their own two bytes

constexpr int kLargestSide = 65'500;  // of libjpeg; the format has 65,535

struct JpegSegment {
  unsigned marker;
  Bytes body;
};

/// Those before the picture itself.
std::vector<JpegSegment> jpeg_segments(Bytes file) {
  std::vector<JpegSegment> out;
  std::size_t at = 2;
  while (at + 4 <= file.size() && file[at] == std::byte{0xff}) {
    const auto marker = static_cast<unsigned>(file[at + 1]);
    if (marker == 0xda) break;  // the picture
    const std::size_t size = static_cast<std::size_t>(file[at + 2]) << 8 | static_cast<std::size_t>(file[at + 3]);
    if (size < 2 || size > file.size() - at - 2) break;
    out.push_back({marker, file.subspan(at + 4, size - 2)});
    at += 2 + size;
  }
  return out;
}

/// Of the first Exif segment.
int orientation_of(Bytes file) {
  for (const JpegSegment& segment : jpeg_segments(file)) {
    if (segment.marker == kExifMarker && as_text(segment.body).starts_with(kExifName)) {
      return exif_orientation(segment.body.subspan(kExifName.size()));
    }
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
  const Codec decoder(tjInitDecompress(), tjDestroy);
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

std::vector<TextEntry> jpeg_texts(Bytes file) {
  // stable-diffusion.cpp writes a comment that begins with the name of what it is.
  constexpr std::string_view kNamedComment("parameters\0", 11);
  std::vector<TextEntry> out;
  for (const auto& [marker, body] : jpeg_segments(file)) {
    const std::string_view text = as_text(body);
    if (marker == kExifMarker && text.starts_with(kExifName)) {
      for (auto& [name, value] : exif_texts(body.subspan(kExifName.size()))) out.push_back({name, std::move(value)});
    } else if (marker == kCommentMarker) {
      const std::string_view comment = text.starts_with(kNamedComment) ? text.substr(kNamedComment.size()) : text;
      const std::string_view line = comment.substr(0, comment.find('\0'));
      out.push_back({"parameters", is_utf8(line) ? std::string(line) : latin1_to_utf8(line)});
    }
  }
  return out;
}

Status jpeg_holds(int width, int height, const std::string& parameters) {
  if (width > kLargestSide || height > kLargestSide) {
    return make_error(ErrorCode::invalid_argument, "JPEG: got {}x{}, it holds at most {} a side; write a PNG", width,
                      height, kLargestSide);
  }
  const std::size_t size = kExifName.size() + exif_with_comment(parameters).size();
  if (size <= kMostInSegment) return Done{};
  return make_error(ErrorCode::invalid_argument,
                    "JPEG: got {} bytes of parameters, a JPEG holds {}; write a PNG or a WebP", size, kMostInSegment);
}

Result<std::vector<std::byte>> encode_jpeg(const Image& image, const std::string& parameters, int quality) {
  if (Status holds = jpeg_holds(image.width, image.height, parameters); !holds) return std::move(holds).error();
  const std::string exif = std::string(kExifName) + exif_with_comment(parameters);
  const Codec encoder(tjInitCompress(), tjDestroy);
  if (!encoder) return make_error(ErrorCode::out_of_memory, "no memory to encode a JPEG");
  unsigned char* data = nullptr;
  unsigned long size = 0;
  // Colours at full resolution: halved, they bleed around thin bright lines, of which drawings are full.
  const int status = tjCompress2(encoder.get(), image.pixels.data(), image.width, 0, image.height, TJPF_RGB, &data,
                                 &size, TJSAMP_444, quality, TJFLAG_ACCURATEDCT);
  const std::unique_ptr<unsigned char, void (*)(unsigned char*)> owned(data, tjFree);
  if (status != 0) return make_error(ErrorCode::invalid_argument, "JPEG: {}", tjGetErrorStr2(encoder.get()));

  // After the start of the file (2 bytes) and the JFIF segment that turbojpeg writes.
  const Bytes file(reinterpret_cast<const std::byte*>(data), size);
  const std::size_t before = 2 + 2 + 2 + jpeg_segments(file).at(0).body.size();
  std::vector<std::byte> out(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(before));
  const std::size_t counted = exif.size() + 2;
  for (const std::size_t byte : {std::size_t{0xff}, std::size_t{kExifMarker}, counted >> 8, counted & 0xff}) {
    out.push_back(static_cast<std::byte>(byte));
  }
  const Bytes block = as_bytes(exif);
  out.insert(out.end(), block.begin(), block.end());
  out.insert(out.end(), file.begin() + static_cast<std::ptrdiff_t>(before), file.end());
  return out;
}

}  // namespace pxf
