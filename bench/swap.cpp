// What a change of checkpoints costs: draws with each in turn, and once more with the same.
//
//   bench_swap MEMORY_MIB SIZE STEPS ROUNDS CHECKPOINT...
//
// With MEMORY_MIB 1 only the checkpoint used last stays in memory. Processor time tells more than seconds do on a
// machine that others use. In the first round A1111's hash of each file is computed beside its first picture.
#include <sys/resource.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "base/stopwatch.h"
#include "pixelforge/engine.h"

namespace {

double processor_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

bool draw(pxf::Engine& engine, const std::string& name, const pxf::Request& request, const char* what) {
  const double before = processor_seconds();
  const pxf::Stopwatch watch;
  const auto checkpoint = engine.open(name);
  const auto pictures = checkpoint ? engine.generate(checkpoint.value(), request) : checkpoint.error();
  if (!pictures) {
    std::fprintf(stderr, "%s\n", pictures.error().text().c_str());
    return false;
  }
  const pxf::Picture::Seconds& parts = pictures.value().front().seconds;
  std::printf("%-5s %7.3f s, processor %7.3f s (text %.3f, steps %.3f, vae %.3f), packed %.2f GB\n", what,
              watch.seconds(), processor_seconds() - before, parts.text, parts.steps, parts.vae,
              static_cast<double>(engine.loaded().bytes) * 1e-9);
  std::fflush(stdout);
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 6) {
    std::fprintf(stderr, "bench_swap MEMORY_MIB SIZE STEPS ROUNDS CHECKPOINT...\n");
    return 2;
  }
  pxf::EngineOptions options;
  options.memory = std::strtoull(argv[1], nullptr, 10) << 20;
  pxf::Engine engine(options);
  pxf::Request request;
  request.prompt = "a red apple on a beach";
  request.width = request.height = std::atoi(argv[2]);
  request.steps = std::atoi(argv[3]);
  request.seed = 42;
  for (int round = std::atoi(argv[4]); round > 0; --round) {
    for (int i = 5; i < argc; ++i) {
      if (!draw(engine, argv[i], request, "swap") || !draw(engine, argv[i], request, "again")) return 1;
    }
  }
}
