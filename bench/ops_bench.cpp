// GFLOP/s (GB/s of norms) of the ops on the shapes of real models: bench/shapes/shapes.tsv, or the file that
// PIXELFORGE_SHAPES names. PIXELFORGE_THREADS sets the number of threads.
//
//   bench_ops --benchmark_filter=sd15          SD 1.5 at 512x512; also sdxl, sd35m, flux
//   bench_ops --benchmark_filter=unet/conv2d
//   bench_ops --benchmark_filter=machine       what the processor can do at most
//
// "step_s" is what all of a step's ops of this shape take.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <random>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "backends/backends.h"
#include "ops/attention.h"
#include "ops/conv2d.h"
#include "ops/elementwise.h"
#include "ops/linear.h"
#include "ops/norm.h"
#include "peak.h"

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

struct Case {
  std::string model, op, shape;
  double a_step = 0;  // how often a step has it
};

// The whole numbers of a shape in their order: "2x64x64 320->640 k3 s1" has seven.
std::vector<std::int64_t> extents(const Case& one, std::size_t need) {
  std::vector<std::int64_t> out;
  for (const char* at = one.shape.c_str(); *at != 0;) {
    if (*at < '0' || *at > '9') {
      ++at;
      continue;
    }
    char* end = nullptr;
    out.push_back(std::strtoll(at, &end, 10));
    at = end;
  }
  if (out.size() != need) throw std::runtime_error("shapes: " + one.op + " \"" + one.shape + "\" has other extents");
  return out;
}

// `amount` of one run, in units of `what` a second.
void report(benchmark::State& state, const Case& one, const char* what, double amount) {
  const auto runs = static_cast<double>(state.iterations());
  state.counters[what] = benchmark::Counter(amount * 1e-9 * runs, benchmark::Counter::kIsRate);
  state.counters["step_s"] =
      benchmark::Counter(runs / one.a_step, benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

void conv(benchmark::State& state, const Case& one) {
  const auto n = extents(one, 7);
  const std::int64_t in = n[3], out = n[4], kernel = n[5];
  const int pad = kernel == 3 ? 1 : 0, stride = static_cast<int>(n[6]);
  const Tensor x = random_tensor({n[0], n[1], n[2], in});
  const Weight weight = Weight::of(values(out * in * kernel * kernel), {out, in, kernel, kernel});
  for (auto _ : state) benchmark::DoNotOptimize(conv2d(x, weight, nullptr, {stride, pad, pad}).f32());
  const std::int64_t places = n[0] * (n[1] / stride) * (n[2] / stride);
  report(state, one, "GFLOP/s", 2.0 * static_cast<double>(places * in * out * kernel * kernel));
}

void dense(benchmark::State& state, const Case& one) {
  const auto n = extents(one, 3);
  const Tensor x = random_tensor({n[0], n[1]});
  const Weight weight = Weight::of(values(n[2] * n[1]), {n[2], n[1]});
  for (auto _ : state) benchmark::DoNotOptimize(linear(x, weight, nullptr).f32());
  report(state, one, "GFLOP/s", 2.0 * static_cast<double>(n[0] * n[1] * n[2]));
}

void attend(benchmark::State& state, const Case& one) {
  const auto n = extents(one, 5);
  const std::int64_t width = n[1] * n[4];
  const Tensor q = random_tensor({n[0], n[2], width}), k = random_tensor({n[0], n[3], width});
  for (auto _ : state) benchmark::DoNotOptimize(attention(q, k, k, n[1]).f32());
  report(state, one, "GFLOP/s", 4.0 * static_cast<double>(n[0] * n[2] * n[3] * width));
}

void normalise_groups(benchmark::State& state, const Case& one) {
  const auto n = extents(one, 4);
  const Tensor x = random_tensor({n[0], n[1], n[2], n[3]});
  const Weight gamma = Weight::of(values(n[3]), {n[3]});
  for (auto _ : state) benchmark::DoNotOptimize(group_norm_silu(x, gamma, gamma, 32, 1e-5).f32());
  report(state, one, "GB/s", 8.0 * static_cast<double>(x.numel()));
}

void normalise_rows(benchmark::State& state, const Case& one) {
  const auto n = extents(one, 2);
  const Tensor x = random_tensor({n[0], n[1]});
  const Weight gamma = Weight::of(values(n[1]), {n[1]});
  for (auto _ : state) benchmark::DoNotOptimize(layer_norm(x, gamma, gamma, 1e-5).f32());
  report(state, one, "GB/s", 8.0 * static_cast<double>(x.numel()));
}

void gate(benchmark::State& state, const Case& one) {
  const auto n = extents(one, 2);
  const Tensor x = random_tensor({n[0], 2 * n[1]});
  for (auto _ : state) benchmark::DoNotOptimize(geglu(x).f32());
  report(state, one, "GB/s", 6.0 * static_cast<double>(x.numel()));
}

// All threads at once, as the ops run: what `rounds_of` can do at most.
void peak(benchmark::State& state, double (*rounds_of)(std::int64_t)) {
  constexpr std::int64_t kRounds = 1 << 20;
  double operations = 0;
  for (auto _ : state) {
    machine().pool.parallel_for(machine().pool.threads(), [&](std::int64_t) { rounds_of(kRounds); });
    operations += static_cast<double>(machine().pool.threads());
  }
  state.counters["GFLOP/s"] = benchmark::Counter(operations * rounds_of(kRounds) * 1e-9, benchmark::Counter::kIsRate);
}

using Measure = void (*)(benchmark::State&, const Case&);
Measure measure_of(const std::string& op) {
  if (op == "conv2d") return conv;
  if (op == "linear") return dense;
  if (op == "attention") return attend;
  if (op == "group_norm") return normalise_groups;
  if (op == "layer_norm") return normalise_rows;
  if (op == "geglu") return gate;
  throw std::runtime_error("shapes: unknown op " + op);
}

void add_peaks() {
  benchmark::RegisterBenchmark("machine/f32_multiply_add", peak, multiply_adds_f32)->UseRealTime();
  if (byte_products(1) > 0) benchmark::RegisterBenchmark("machine/int8_products", peak, byte_products)->UseRealTime();
}

void add_cases(const std::string& file) {
  std::ifstream in(file);
  if (!in) throw std::runtime_error(file + ": cannot be read");
  for (std::string line; std::getline(in, line);) {
    if (line.empty() || line.starts_with('#')) continue;
    std::istringstream fields(line);
    Case one;
    for (std::string* field : {&one.model, &one.op, &one.shape}) std::getline(fields, *field, '\t');
    if (!(fields >> one.a_step)) throw std::runtime_error(file + ": not four fields: " + line);
    std::string name = one.model + "/" + one.op + "/" + one.shape;
    for (char& c : name) c = c == ' ' ? '_' : c;
    benchmark::RegisterBenchmark(name.c_str(), measure_of(one.op), one)->UseRealTime()->Unit(benchmark::kMillisecond);
  }
}

}  // namespace
}  // namespace pxf

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  try {
    pxf::add_peaks();
    const char* file = std::getenv("PIXELFORGE_SHAPES");
    pxf::add_cases(file != nullptr ? file : PIXELFORGE_SOURCE_DIR "/bench/shapes/shapes.tsv");
  } catch (const std::exception& problem) {
    std::fprintf(stderr, "bench_ops: %s\n", problem.what());
    return 1;
  }
  benchmark::RunSpecifiedBenchmarks();
}
