#include "ops/elementwise.h"

#include <algorithm>

#include "backends/cpu/cpu.h"
#include "backends/cpu/kernels.h"

namespace pxf {
namespace {

constexpr std::int64_t kChunk = 16384;  // floats a task: long against the cost of sharing it out, and a fixed cut

template <class F>
void in_chunks(Context& ctx, std::int64_t count, F&& f) {
  ctx.threads().parallel_for((count + kChunk - 1) / kChunk,
                             [&](std::int64_t task) { f(task * kChunk, std::min(kChunk, count - task * kChunk)); });
}

void run_unary(Context& ctx, const UnaryDesc& d) {
  const float* x = d.src.f32();
  float* y = d.dst.f32();
  const ElementwiseKernels& kernels = elementwise_kernels();
  in_chunks(ctx, d.src.numel(), [&](std::int64_t at, std::int64_t n) {
    switch (d.op) {
      case Unary::affine: return kernels.affine(x + at, n, static_cast<float>(d.a), static_cast<float>(d.b), y + at);
      case Unary::relu: return kernels.relu(x + at, n, y + at);
      case Unary::silu: return kernels.silu(x + at, n, y + at);
      case Unary::gelu: return kernels.gelu(x + at, n, y + at);
      case Unary::quick_gelu: return kernels.quick_gelu(x + at, n, y + at);
    }
  });
}

void run_binary(Context& ctx, const BinaryDesc& d) {
  const float* x = d.x.f32();
  const float* y = d.y.f32();
  float* z = d.dst.f32();
  const ElementwiseKernels& kernels = elementwise_kernels();
  const auto a = static_cast<float>(d.a), b = static_cast<float>(d.b);
  if (!d.broadcast()) {
    in_chunks(ctx, d.x.numel(), [&](std::int64_t at, std::int64_t n) {
      d.product ? kernels.product(x + at, y + at, n, z + at) : kernels.weighted_sum(x + at, y + at, n, a, b, z + at);
    });
    return;
  }
  const std::int64_t channels = d.x.dim(-1), rows = d.x.numel() / channels, rows_each = rows / d.x.dim(0);
  const std::int64_t step = std::max<std::int64_t>(1, kChunk / channels);
  ctx.threads().parallel_for((rows + step - 1) / step, [&](std::int64_t task) {
    for (std::int64_t r = task * step; r < std::min(rows, (task + 1) * step); ++r) {
      kernels.weighted_sum(x + r * channels, y + r / rows_each * channels, channels, a, b, z + r * channels);
    }
  });
}

void run_geglu(Context& ctx, const GegluDesc& d) {
  const std::int64_t half = d.dst.dim(-1), rows = d.dst.numel() / half;
  const float* src = d.src.f32();
  float* dst = d.dst.f32();
  const std::int64_t step = std::max<std::int64_t>(1, kChunk / half);
  ctx.threads().parallel_for((rows + step - 1) / step, [&](std::int64_t task) {
    const std::int64_t r = task * step;
    const float* value = src + 2 * r * half;
    elementwise_kernels().gated_gelu(value, value + half, 2 * half, std::min(step, rows - r), half, dst + r * half,
                                     half);
  });
}

Refusal f32_only(DType dtype) { return dtype == DType::f32 ? kAccepted : Refusal("only f32 has vector kernels"); }

}  // namespace

void add_cpu_elementwise(Backend& backend) {
  backend.add<UnaryDesc>({"vector", [](const UnaryDesc& d) { return f32_only(d.src.dtype()); }, run_unary});
  backend.add<BinaryDesc>({"vector",
                           [](const BinaryDesc& d) {
                             if (d.x.numel() == 0) return Refusal("nothing to do");
                             return d.broadcast() && d.product ? Refusal("no broadcast product")
                                                               : f32_only(d.x.dtype());
                           },
                           run_binary});
  backend.add<GegluDesc>({"vector",
                          [](const GegluDesc& d) { return d.dst.numel() == 0 ? Refusal("nothing to do") : kAccepted; },
                          run_geglu});
}

}  // namespace pxf
