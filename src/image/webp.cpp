#include <webp/decode.h>
#include <webp/demux.h>

#include <memory>
#include <new>

#include "image/decode.h"
#include "image/decoding.h"

namespace pxf {
namespace {

/// The first frame where the file is an animation, else the file itself.
Bytes still_of(Bytes file) {
  const auto* data = reinterpret_cast<const std::uint8_t*>(file.data());
  const WebPData whole{data, file.size()};
  const std::unique_ptr<WebPDemuxer, void (*)(WebPDemuxer*)> demux(WebPDemux(&whole), WebPDemuxDelete);
  WebPIterator frame{};
  if (!demux || !WebPDemuxGetFrame(demux.get(), 1, &frame)) return file;
  const Bytes still(reinterpret_cast<const std::byte*>(frame.fragment.bytes), frame.fragment.size);
  WebPDemuxReleaseIterator(&frame);
  return still;
}

}  // namespace

Result<Image> decode_webp(Bytes file) {
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
    lay_over_white(image.pixels);
    return image;
  } catch (const std::bad_alloc&) {
    return make_error(ErrorCode::out_of_memory, "no memory for a WebP of {}x{} pixels", width, height);
  }
}

}  // namespace pxf
