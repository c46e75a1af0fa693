// GFLOP/s of the dense ops on the shapes of SD 1.5 at 512x512 (batch 2: one CFG step) and of its VAE decoder.
// bench_ops --benchmark_filter=conv ; PIXELFORGE_THREADS sets the number of threads.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "backends/backends.h"
#include "ops/attention.h"
#include "ops/conv2d.h"
#include "ops/linear.h"
#include "ops/norm.h"

namespace pxf {
namespace {

int threads() {
  const char* wanted = std::getenv("PIXELFORGE_THREADS");
  return wanted == nullptr ? 0 : std::atoi(wanted);
}

struct Machine {
  ThreadPool pool{threads()};
  BufferPool memory;
  Context ctx{*find_backend("cpu"), pool, memory};
};

Machine& machine() {
  static Machine one;
  return one;
}

std::vector<float> values(std::int64_t count) {
  std::mt19937 engine(1);
  std::uniform_real_distribution<float> uniform(-1, 1);
  std::vector<float> out(static_cast<std::size_t>(count));
  for (float& v : out) v = uniform(engine);
  return out;
}

Tensor random_tensor(const Shape& shape) { return machine().ctx.from(values(shape.numel()), shape); }

void report(benchmark::State& state, double flops) {
  state.counters["GFLOP/s"] =
      benchmark::Counter(flops * 1e-9 * static_cast<double>(state.iterations()), benchmark::Counter::kIsRate);
}

void conv(benchmark::State& state, std::int64_t batch, std::int64_t side, std::int64_t in, std::int64_t out) {
  const Tensor x = random_tensor({batch, side, side, in});
  const Weight weight = Weight::of(values(out * in * 9), {out, in, 3, 3});
  for (auto _ : state) benchmark::DoNotOptimize(conv2d(x, weight, nullptr, {1, 1, 1}).f32());
  report(state, 2.0 * static_cast<double>(batch * side * side * in * out * 9));
}

void dense(benchmark::State& state, std::int64_t rows, std::int64_t in, std::int64_t out) {
  const Tensor x = random_tensor({rows, in});
  const Weight weight = Weight::of(values(out * in), {out, in});
  for (auto _ : state) benchmark::DoNotOptimize(linear(x, weight, nullptr).f32());
  report(state, 2.0 * static_cast<double>(rows * in * out));
}

void attend(benchmark::State& state, std::int64_t queries, std::int64_t keys, std::int64_t heads, std::int64_t dim) {
  const Tensor q = random_tensor({2, queries, heads * dim}), k = random_tensor({2, keys, heads * dim});
  for (auto _ : state) benchmark::DoNotOptimize(attention(q, k, k, heads).f32());
  report(state, 4.0 * static_cast<double>(2 * queries * keys * heads * dim));
}

void normalise(benchmark::State& state, std::int64_t side, std::int64_t channels) {
  const Tensor x = random_tensor({2, side, side, channels});
  const Weight one = Weight::of(values(channels), {channels});
  for (auto _ : state) benchmark::DoNotOptimize(group_norm_silu(x, one, one, 32, 1e-5).f32());
  state.counters["GB/s"] =
      benchmark::Counter(8e-9 * static_cast<double>(x.numel() * state.iterations()), benchmark::Counter::kIsRate);
}

}  // namespace
}  // namespace pxf

using pxf::attend;
using pxf::conv;
using pxf::dense;
using pxf::normalise;
BENCHMARK_CAPTURE(conv, unet_64x64_320_320, 2, 64, 320, 320)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(conv, unet_64x64_960_320, 2, 64, 960, 320)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(conv, unet_32x32_640_640, 2, 32, 640, 640)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(conv, unet_16x16_1280_1280, 2, 16, 1280, 1280)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(conv, unet_8x8_2560_1280, 2, 8, 2560, 1280)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(conv, vae_128x128_512_512, 1, 128, 512, 512)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(conv, vae_512x512_128_128, 1, 512, 128, 128)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(dense, unet_8192_320_320, 8192, 320, 320)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(dense, unet_8192_320_2560, 8192, 320, 2560)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(dense, unet_2048_640_5120, 2048, 640, 5120)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(dense, unet_512_5120_1280, 512, 5120, 1280)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(attend, unet_self_64x64, 4096, 4096, 8, 40)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(attend, unet_self_32x32, 1024, 1024, 8, 80)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(attend, unet_cross_64x64, 4096, 77, 8, 40)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(attend, vae_middle_64x64, 4096, 4096, 1, 512)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(normalise, unet_64x64_320, 64, 320)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK_MAIN();
