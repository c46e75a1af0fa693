// Pictures that people bring: any bytes are decoded to as many pixels as the size says, or refused.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "image/decode.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto image = pxf::decode_image({reinterpret_cast<const std::byte*>(data), size});
  if (image && image.value().pixels.size() != image.value().byte_count()) std::abort();
  return 0;
}
