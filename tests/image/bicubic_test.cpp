// Against Pillow: tests/models/files/make_clip.py wrote the picture and what Pillow makes of it.
#include "image/bicubic.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "base/error.h"
#include "formats/safetensors.h"

namespace pxf::test {
namespace {

class PillowCase {
 public:
  Image image(const char* name) const {
    const TensorInfo& info = *source_->find(name);
    const Bytes bytes = source_->bytes(name);
    Image out{static_cast<int>(info.shape.dim(1)), static_cast<int>(info.shape.dim(0)), {}};
    for (const std::byte b : bytes) out.pixels.push_back(static_cast<std::uint8_t>(b));
    return out;
  }

 private:
  std::shared_ptr<const TensorSource> source_ = value_or_throw(
      open_safetensors(std::filesystem::path(PIXELFORGE_SOURCE_DIR) / "tests/models/files/clip_cases.safetensors"));
};

TEST(Bicubic, GivesPillowsBytes) {
  const PillowCase files;
  const Image small = files.image("small");
  EXPECT_EQ(resized_bicubic(files.image("photo"), small.width, small.height).pixels, small.pixels);
}

TEST(Bicubic, KeepsAPictureOfTheSameSize) {
  const Image photo = PillowCase().image("photo");
  EXPECT_EQ(resized_bicubic(photo, photo.width, photo.height).pixels, photo.pixels);
}

}  // namespace
}  // namespace pxf::test
