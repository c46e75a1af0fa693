// Draws a picture: generate PROMPT FILE.png [CHECKPOINT]
#include <pixelforge/pixelforge.h>
#include <stdio.h>

static bool show(const pxf_progress* progress, void* user) {
  if (progress->stage == PXF_STAGE_STEPS) fprintf((FILE*)user, "step %d of %d\n", progress->step, progress->steps);
  return true;  // go on
}

int main(int argc, char** argv) {
  if (argc < 3) {
    fprintf(stderr, "usage: generate PROMPT FILE.png [CHECKPOINT]\n");
    return 2;
  }
  pxf_error error;
  pxf_checkpoint* checkpoint = NULL;
  pxf_pictures* pictures = NULL;
  bool done = false;

  pxf_engine* engine = pxf_engine_new(NULL, &error);
  if (engine) checkpoint = pxf_open(engine, argc > 3 ? argv[3] : "starter", &error);
  if (checkpoint) {
    pxf_request request;
    pxf_request_init(&request);
    request.prompt = argv[1];
    request.has_seed = true;
    request.seed = 42;
    request.steps = 8;  // whatever is not said comes from the checkpoint's own recommendation
    pictures = pxf_generate(engine, checkpoint, &request, show, stderr, &error);
  }
  if (pictures) done = pxf_save_png(pictures, 0, argv[2], &error);

  pxf_picture picture;
  if (done && pxf_pictures_get(pictures, 0, &picture)) {
    printf("%s: %dx%d, seed %llu\n", argv[2], picture.width, picture.height, (unsigned long long)picture.seed);
  } else {
    fprintf(stderr, "generate: %s\n", error.message);
  }
  pxf_pictures_free(pictures);
  pxf_checkpoint_free(checkpoint);
  pxf_engine_free(engine);
  return done ? 0 : 1;
}
