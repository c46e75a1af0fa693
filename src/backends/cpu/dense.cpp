// Linear layers and convolutions as products with packed panels. A convolution's rows point straight at its source
// pixels, one pointer a kernel position, so that no patch matrix is ever written (Dukhan 2019, "The indirect
// convolution algorithm").
#include <vector>

#include "backends/cpu/cpu.h"
#include "backends/cpu/int8.h"
#include "backends/cpu/kernels.h"
#include "backends/cpu/panels.h"
#include "ops/conv2d.h"
#include "ops/linear.h"

namespace pxf {
namespace {

void run_linear(Context& ctx, const LinearDesc& d) {
  if (d.gated && !halves_are_panels(d.out())) return run_in_two(ctx, d);
  const float* src = d.src.f32();
  const std::int64_t in = d.in();
  multiply_panels(ctx, {d.rows(), d.weight, panels_of(ctx, d.weight), d.bias, d.dst.f32(),
                        [=](std::int64_t row, const float** to, std::int64_t) { *to = src + row * in; }, d.gated});
}

// Which pixel of the source each kernel position of a pixel of the result sees.
struct Pixels {
  explicit Pixels(const Conv2dDesc& d)
      : count(d.src.dim(0) * d.src.dim(1) * d.src.dim(2)),
        height(d.src.dim(1)),
        width(d.src.dim(2)),
        dst_h(d.dst.dim(1)),
        dst_w(d.dst.dim(2)),
        kernel_h(d.kernel_h()),
        kernel_w(d.kernel_w()),
        stride(d.params.stride),
        pad(d.params.pad_before) {}

  /// f(number of the pixel, or -1 outside the picture), for one position after another.
  template <class F>
  void visit(std::int64_t row, F&& f) const {
    const std::int64_t x = row % dst_w, y = row / dst_w % dst_h, b = row / dst_w / dst_h;
    for (std::int64_t i = 0; i < kernel_h; ++i) {
      const std::int64_t from_y = y * stride + i - pad;
      for (std::int64_t j = 0; j < kernel_w; ++j) {
        const std::int64_t from_x = x * stride + j - pad;
        const bool inside = from_y >= 0 && from_y < height && from_x >= 0 && from_x < width;
        f(inside ? (b * height + from_y) * width + from_x : -1);
      }
    }
  }

  std::int64_t count, height, width, dst_h, dst_w, kernel_h, kernel_w, stride, pad;
};

void run_conv2d(Context& ctx, const Conv2dDesc& d) {
  const Pixels pixels(d);
  const std::int64_t in = d.in();
  const float* src = d.src.f32();
  const std::vector<float> zeros(static_cast<std::size_t>(in));  // what a position sees outside the picture
  const auto locate = [&](std::int64_t row, const float** to, std::int64_t step) {
    pixels.visit(row, [&](std::int64_t source) { *to = source < 0 ? zeros.data() : src + source * in, to += step; });
  };
  multiply_panels(ctx, {d.dst.numel() / d.out(), d.weight, panels_of(ctx, d.weight), d.bias, d.dst.f32(), locate});
}

// What few rows share a weight, or few channels a row, is soon computed and often sensitive: the embedding of the
// timestep, the first and the last convolution.
constexpr std::int64_t kFewestRows = 24;
constexpr std::int64_t kFewestChannels = 64;

Refusal accepts_int8(const LinearDesc& d) {
  if (d.src.context().precision() == Precision::exact) return "exact numbers are wanted";
  if (d.rows() < kFewestRows || d.in() < kFewestChannels || d.out() < kFewestChannels) return "too small";
  return kAccepted;
}

Refusal accepts_int8(const Conv2dDesc& d) {
  if (d.src.context().precision() != Precision::fast) return "exact numbers are wanted";
  if (!int8_kernels().has_dot_product) return "the processor has no dot product of bytes, Winograd's way is faster";
  if (d.dst.numel() / d.out() < kFewestRows || d.in() < kFewestChannels || d.out() < kFewestChannels)
    return "too small";
  return kAccepted;
}

void run_linear_int8(Context& ctx, const LinearDesc& d) {
  if (d.gated && !halves_are_panels(d.out())) return run_in_two(ctx, d);
  multiply_int8(ctx, {d.src.f32(), d.rows(), d.rows(), int8_panels(ctx, d.weight), d.bias, d.dst.f32(),
                      [](std::int64_t row, std::int64_t* to, std::int64_t) { *to = row; }, d.gated});
}

void run_conv2d_int8(Context& ctx, const Conv2dDesc& d) {
  const Pixels pixels(d);
  const auto locate = [&](std::int64_t row, std::int64_t* to, std::int64_t step) {
    pixels.visit(row, [&](std::int64_t source) { *to = source < 0 ? pixels.count : source, to += step; });
  };
  multiply_int8(ctx, {d.src.f32(), pixels.count, d.dst.numel() / d.out(), int8_panels(ctx, d.weight), d.bias,
                      d.dst.f32(), locate});
}

}  // namespace

void add_cpu_int8(Backend& backend) {
  backend.add<LinearDesc>({"int8", accepts_int8, run_linear_int8});
  backend.add<Conv2dDesc>({"int8", accepts_int8, run_conv2d_int8});
}

void add_cpu_dense(Backend& backend) {
  backend.add<LinearDesc>({"panels", [](const LinearDesc&) { return kAccepted; }, run_linear});
  backend.add<Conv2dDesc>({"indirect", [](const Conv2dDesc&) { return kAccepted; }, run_conv2d});
}

}  // namespace pxf
