// How far pictures with shortcuts are from those without, and what share of the UNet's operations is left.
//
//   bench_deviation CHECKPOINT SIZE STEPS SAMPLER SHORTCUTS...
//
// Sixteen pictures each: eight prompts with two seeds, all else as the checkpoint recommends (SAMPLER "": that too).
// The signal of a latent is the span of its exact values, that of a picture 255.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "base/error.h"
#include "pixelforge/engine.h"

namespace {

constexpr const char* kPrompts[] = {
    "a red apple on a beach", "a lighthouse in a storm",     "a small boat at sunset",     "a castle in the mountains",
    "a cat on a sofa",        "a yellow flower in a garden", "a wooden house in the snow", "a portrait of a woman"};

template <class T>
double psnr(const std::vector<T>& exact, const std::vector<T>& other, double signal) {
  double sum = 0;
  for (std::size_t i = 0; i < exact.size(); ++i) sum += std::pow(double(exact[i]) - double(other[i]), 2);
  return 20 * std::log10(signal / std::sqrt(std::max(sum, 1e-30) / static_cast<double>(exact.size())));
}

class Deviation {
 public:
  Deviation(pxf::Engine& engine, pxf::Checkpoint checkpoint, pxf::Request request)
      : engine_(engine), checkpoint_(std::move(checkpoint)), request_(std::move(request)) {
    exact_ = drawn("none");
  }

  void print(const std::string& shortcuts) {
    const std::vector<pxf::Picture> pictures = drawn(shortcuts);
    std::vector<double> of_latents, of_pictures;
    double seconds = 0, exact_seconds = 0;
    for (std::size_t i = 0; i < pictures.size(); ++i) {
      const auto& exact = exact_[i].measured->latent;
      const auto [low, high] = std::ranges::minmax(exact);
      of_latents.push_back(psnr(exact, pictures[i].measured->latent, static_cast<double>(high) - low));
      of_pictures.push_back(psnr(exact_[i].image.pixels, pictures[i].image.pixels, 255));
      seconds += pictures[i].seconds.steps;
      exact_seconds += exact_[i].seconds.steps;
    }
    std::printf("%-40s operations %5.1f %%  seconds %5.1f %%  latents %s  pictures %s\n", shortcuts.c_str(),
                100 * work_left(shortcuts), 100 * seconds / exact_seconds, text(of_latents).c_str(),
                text(of_pictures).c_str());
    std::fflush(stdout);
  }

 private:
  static std::string text(std::vector<double> values) {
    std::ranges::sort(values);
    char out[64];
    std::snprintf(out, sizeof out, "%.1f dB (%.1f-%.1f)", values[values.size() / 2], values.front(), values.back());
    return out;
  }

  std::vector<pxf::Picture> drawn(const std::string& shortcuts) {
    std::vector<pxf::Picture> out;
    request_.shortcuts = value_or_throw(pxf::parse_shortcuts(shortcuts));
    for (const char* prompt : kPrompts) {
      request_.prompt = prompt;
      for (pxf::Picture& one : value_or_throw(engine_.generate(checkpoint_, request_))) out.push_back(std::move(one));
    }
    return out;
  }

  /// Of a run of steps, whole ones and others; without an interval of noise or steps.
  double work_left(const std::string& shortcuts) {
    pxf::BenchOptions options{.width = *request_.width, .height = *request_.height, .repeats = 1};
    options.shortcuts = value_or_throw(pxf::parse_shortcuts(shortcuts));
    double whole = 0, left = 0;
    for (const pxf::BenchRow& row : value_or_throw(engine_.bench(checkpoint_, options)).rows) {
      if (row.name == "unet.step") whole = row.gflop;
      if (row.name == "unet.shortcut") left = row.gflop;
    }
    return left / whole;
  }

  pxf::Engine& engine_;
  pxf::Checkpoint checkpoint_;
  pxf::Request request_;
  std::vector<pxf::Picture> exact_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 6) {
    std::fprintf(stderr, "bench_deviation CHECKPOINT SIZE STEPS SAMPLER SHORTCUTS...\n");
    return 2;
  }
  try {
    pxf::Engine engine;
    pxf::Request request;
    request.width = request.height = std::atoi(argv[2]);
    request.steps = std::atoi(argv[3]);
    if (argv[4][0] != '\0') request.sampler = argv[4];
    request.seed = 1;
    request.count = 2;
    request.measuring = pxf::Measuring::run;
    Deviation deviation(engine, value_or_throw(engine.open(argv[1])), std::move(request));
    for (int i = 5; i < argc; ++i) deviation.print(argv[i]);
  } catch (const pxf::Failure& failure) {
    std::fprintf(stderr, "%s\n", failure.error().text().c_str());
    return 1;
  }
}
