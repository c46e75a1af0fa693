// Linear layers and convolutions as products with packed panels. A convolution's rows point straight at its source
// pixels, one pointer a kernel position, so that no patch matrix is ever written (Dukhan 2019, "The indirect
// convolution algorithm").
#include <vector>

#include "backends/cpu/cpu.h"
#include "backends/cpu/panels.h"
#include "ops/conv2d.h"
#include "ops/linear.h"

namespace pxf {
namespace {

void run_linear(Context& ctx, const LinearDesc& d) {
  const float* src = d.src.f32();
  const std::int64_t in = d.in();
  multiply_panels(ctx, {d.rows(), packed_panels(ctx, d.weight), d.bias, d.dst.f32(),
                        [=](std::int64_t row, const float** to, std::int64_t) { *to = src + row * in; }});
}

void run_conv2d(Context& ctx, const Conv2dDesc& d) {
  const std::int64_t height = d.src.dim(1), width = d.src.dim(2), in = d.in();
  const std::int64_t dst_h = d.dst.dim(1), dst_w = d.dst.dim(2), kernel_h = d.kernel_h(), kernel_w = d.kernel_w();
  const std::int64_t stride = d.params.stride, pad = d.params.pad_before;
  const float* src = d.src.f32();
  const std::vector<float> zeros(static_cast<std::size_t>(in));  // what a tap sees outside the picture
  const auto locate = [&](std::int64_t row, const float** to, std::int64_t step) {
    const std::int64_t x = row % dst_w, y = row / dst_w % dst_h, b = row / dst_w / dst_h;
    for (std::int64_t i = 0; i < kernel_h; ++i) {
      const std::int64_t from_y = y * stride + i - pad;
      for (std::int64_t j = 0; j < kernel_w; ++j, to += step) {
        const std::int64_t from_x = x * stride + j - pad;
        const bool inside = from_y >= 0 && from_y < height && from_x >= 0 && from_x < width;
        *to = inside ? src + ((b * height + from_y) * width + from_x) * in : zeros.data();
      }
    }
  };
  multiply_panels(ctx, {d.dst.numel() / d.out(), packed_panels(ctx, d.weight), d.bias, d.dst.f32(), locate});
}

}  // namespace

void add_cpu_dense(Backend& backend) {
  backend.add<LinearDesc>({"panels", [](const LinearDesc&) { return kAccepted; }, run_linear});
  backend.add<Conv2dDesc>({"indirect", [](const Conv2dDesc&) { return kAccepted; }, run_conv2d});
}

}  // namespace pxf
