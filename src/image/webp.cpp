#include <webp/decode.h>
#include <webp/demux.h>
#include <webp/encode.h>

#include <algorithm>
#include <memory>
#include <new>
#include <string>

#include "image/decode.h"
#include "image/decoding.h"
#include "image/encode.h"
#include "image/exif.h"
#include "image/metadata.h"
#include "image/xmp.h"

namespace pxf {
namespace {

using Demuxer = std::unique_ptr<WebPDemuxer, void (*)(WebPDemuxer*)>;

/// Null for a file that is damaged.
Demuxer demuxer_of(Bytes file) {
  const WebPData whole{reinterpret_cast<const std::uint8_t*>(file.data()), file.size()};
  return {WebPDemux(&whole), WebPDemuxDelete};
}

/// The first frame where the file is an animation, else the file itself.
Bytes still_of(Bytes file) {
  const Demuxer demux = demuxer_of(file);
  WebPIterator frame{};
  if (!demux || !WebPDemuxGetFrame(demux.get(), 1, &frame)) return file;
  const Bytes still(reinterpret_cast<const std::byte*>(frame.fragment.bytes), frame.fragment.size);
  WebPDemuxReleaseIterator(&frame);
  return still;
}

/// Within the file; empty where there is none.
Bytes first_chunk(const WebPDemuxer& demux, const char* name) {
  WebPChunkIterator chunk{};
  if (!WebPDemuxGetChunk(&demux, name, 1, &chunk)) return {};
  const Bytes body(reinterpret_cast<const std::byte*>(chunk.chunk.bytes), chunk.chunk.size);
  WebPDemuxReleaseChunkIterator(&chunk);
  return body;
}

void append_le(std::vector<std::byte>& out, std::uint64_t value, int size) {
  for (int i = 0; i < size; ++i) out.push_back(static_cast<std::byte>(value >> (8 * i) & 0xff));
}

/// Name, length, body, and a zero where that is odd.
void append_chunk(std::vector<std::byte>& out, std::string_view name, Bytes body) {
  const Bytes letters = as_bytes(name);
  out.insert(out.end(), letters.begin(), letters.end());
  append_le(out, body.size(), 4);
  out.insert(out.end(), body.begin(), body.end());
  if (body.size() % 2 == 1) out.push_back({});
}

/// The extended form of a still, which may hold Exif (WebP Container Specification): RIFF, its length, "WEBP", then
/// the chunks VP8X (flags, three bytes of nothing, sides less 1 in three bytes each), the picture's own, EXIF.
std::vector<std::byte> with_exif(Bytes still, const Image& image, Bytes exif) {
  constexpr std::size_t kHeader = 12;  // of the simple form: after it comes the picture's one chunk
  constexpr unsigned kHasExif = 0x08;
  std::vector<std::byte> features;
  append_le(features, kHasExif, 4);
  append_le(features, static_cast<std::uint64_t>(image.width) - 1, 3);
  append_le(features, static_cast<std::uint64_t>(image.height) - 1, 3);
  std::vector<std::byte> chunks;
  append_chunk(chunks, "VP8X", features);
  chunks.insert(chunks.end(), still.begin() + kHeader, still.end());
  append_chunk(chunks, "EXIF", exif);
  std::vector<std::byte> out(still.begin(), still.begin() + 4);
  append_le(out, chunks.size() + 4, 4);
  out.insert(out.end(), still.begin() + 8, still.begin() + kHeader);
  out.insert(out.end(), chunks.begin(), chunks.end());
  return out;
}

}  // namespace

Result<Image> decode_webp(Bytes file, Shown shown) {
  WebPBitstreamFeatures features{};
  const auto read_features = [&](Bytes bytes) {
    return WebPGetFeatures(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size(), &features);
  };
  if (read_features(file) != VP8_STATUS_OK) return make_error(ErrorCode::bad_file, "WebP: is damaged or cut off");
  const Bytes still = features.has_animation ? still_of(file) : file;
  if (read_features(still) != VP8_STATUS_OK) return make_error(ErrorCode::bad_file, "WebP: is damaged or cut off");
  const auto width = static_cast<std::uint64_t>(features.width), height = static_cast<std::uint64_t>(features.height);
  if (const Status fits = check_pixels("WebP", width, height); !fits) return fits.error();
  try {
    Image image{features.width, features.height, std::vector<std::uint8_t>(width * height * 4)};
    if (!WebPDecodeRGBAInto(reinterpret_cast<const std::uint8_t*>(still.data()), still.size(), image.pixels.data(),
                            image.pixels.size(), features.width * 4)) {
      return make_error(ErrorCode::bad_file, "WebP: is damaged or cut off");
    }
    leave(image.pixels, shown);
    return image;
  } catch (const std::bad_alloc&) {
    return make_error(ErrorCode::out_of_memory, "no memory for a WebP of {}x{} pixels", width, height);
  }
}

std::vector<TextEntry> webp_texts(Bytes file) {
  std::vector<TextEntry> out;
  const Demuxer demux = demuxer_of(file);
  if (!demux) return out;
  if (Bytes exif = first_chunk(*demux, "EXIF"); !exif.empty()) {
    if (as_text(exif).starts_with("Exif")) exif = exif.subspan(std::min<std::size_t>(6, exif.size()));  // as in a JPEG
    for (auto& [name, value] : exif_texts(exif)) out.push_back({name, std::move(value)});
  }
  if (auto text = xmp_parameters(as_text(first_chunk(*demux, "XMP ")))) {
    out.push_back({"parameters", std::move(*text)});
  }
  return out;
}

Status webp_holds(int width, int height) {
  if (width <= WEBP_MAX_DIMENSION && height <= WEBP_MAX_DIMENSION) return Done{};
  return make_error(ErrorCode::invalid_argument, "WebP: got {}x{}, it holds at most {} a side; write a PNG", width,
                    height, WEBP_MAX_DIMENSION);
}

Result<std::vector<std::byte>> encode_webp(const Image& image, const std::string& parameters, int quality) {
  if (Status holds = webp_holds(image.width, image.height); !holds) return std::move(holds).error();
  std::uint8_t* data = nullptr;
  const int stride = image.width * Image::kChannels;
  const std::size_t size =
      quality == 100
          ? WebPEncodeLosslessRGB(image.pixels.data(), image.width, image.height, stride, &data)
          : WebPEncodeRGB(image.pixels.data(), image.width, image.height, stride, static_cast<float>(quality), &data);
  const std::unique_ptr<std::uint8_t, void (*)(void*)> owned(data, WebPFree);
  if (size == 0) return make_error(ErrorCode::out_of_memory, "no memory to encode a WebP of this size");
  const std::string exif = exif_with_comment(parameters);
  return with_exif({reinterpret_cast<const std::byte*>(data), size}, image, as_bytes(exif));
}

}  // namespace pxf
