// Draws a picture: generate PROMPT FILE.png [CHECKPOINT]
#include <pixelforge/engine.h>

#include <cstdio>
#include <string>

namespace {

int give_up(const pxf::Error& error) {
  std::fprintf(stderr, "generate: %s\n", error.text().c_str());
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: generate PROMPT FILE.png [CHECKPOINT]\n");
    return 2;
  }
  pxf::Engine engine;
  const auto checkpoint = engine.open(argc > 3 ? argv[3] : "starter");
  if (!checkpoint) return give_up(checkpoint.error());

  pxf::Request request;
  request.prompt = argv[1];
  request.seed = 42;
  request.steps = 8;  // whatever is not said comes from the checkpoint's own recommendation

  const auto pictures = engine.generate(checkpoint.value(), request, [](const pxf::Progress& progress) {
    if (progress.stage == pxf::Stage::steps) std::fprintf(stderr, "step %d of %d\n", progress.step, progress.steps);
    return pxf::Go::on;
  });
  if (!pictures) return give_up(pictures.error());

  const pxf::Picture& picture = pictures.value().front();
  if (const auto saved = pxf::save_png(picture, argv[2]); !saved) return give_up(saved.error());
  std::printf("%s: %dx%d, seed %llu\n", argv[2], picture.image.width, picture.image.height,
              static_cast<unsigned long long>(picture.seed));
}
