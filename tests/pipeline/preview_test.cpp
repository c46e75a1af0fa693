// What progress shows of a picture before it is done.
#include "pipeline/preview.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "base/error.h"
#include "image/resize.h"
#include "pixelforge/engine.h"
#include "psnr.h"

namespace pxf {
namespace {

using test::psnr;
namespace fs = std::filesystem;

Request small_request() {
  Request request;
  request.prompt = "a red apple on a beach";
  request.width = request.height = 128;
  request.steps = 6;
  request.seed = 1;
  return request;
}

struct Seen {
  Picture picture;
  std::vector<Image> previews;
  std::vector<int> steps;
};

Seen watch(const Request& request) {
  Engine engine;
  Seen seen;
  const auto on_progress = [&](const Progress& progress) {
    if (progress.preview != nullptr) {
      seen.previews.push_back(*progress.preview);
      seen.steps.push_back(progress.step);
    }
    return Go::on;
  };
  seen.picture = value_or_throw(engine.generate(value_or_throw(engine.open("starter")), request, on_progress)).at(0);
  return seen;
}

TEST(Preview, ShowsTheColoursOfWhatComes) {
  Request request = small_request();
  const Seen without = watch(request);
  EXPECT_TRUE(without.previews.empty());
  request.preview = true;
  const Seen with = watch(request);
  EXPECT_EQ(with.picture.image.pixels, without.picture.image.pixels);
  EXPECT_EQ(with.steps, (std::vector{1, 2, 3, 4, 5, 6}));
  const Image& last = with.previews.back();
  ASSERT_EQ(last.width, 16);
  ASSERT_EQ(last.height, 16);
  const Image small = resized(with.picture.image, 16, 16);
  EXPECT_GT(psnr(last, small), 18);
  EXPECT_LT(psnr(with.previews.front(), small), psnr(last, small));
}

TEST(Preview, ATinyAutoencoderChangesNothingOfThePicture) {
  Request request = small_request();
  request.steps = 2;
  const Seen without = watch(request);
  request.preview = true;
  request.preview_model = (fs::path(PIXELFORGE_SOURCE_DIR) / "tests/models/files/taesd.safetensors").string();
  const Seen with = watch(request);
  EXPECT_EQ(with.picture.image.pixels, without.picture.image.pixels);
  EXPECT_EQ(with.previews.size(), 2u);
  request.preview_model = "starter";
  Engine engine;
  const auto refused = engine.generate(value_or_throw(engine.open("starter")), request);
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.error().text().find("need a TAESD"), std::string::npos);
}

}  // namespace
}  // namespace pxf
