#include <span>

#include "backends/reference/reference.h"
#include "ops/conv2d.h"
#include "ops/linear.h"

namespace pxf {
namespace {

void run_linear(Context& ctx, const LinearDesc& d) {
  if (d.gated) return run_in_two(ctx, d);
  const std::int64_t in = d.in(), out = d.out();
  const float* src = d.src.f32();
  const std::span<const float> weight = d.weight.f32();
  const float* bias = d.bias == nullptr ? nullptr : d.bias->f32().data();
  float* dst = d.dst.f32();
  ctx.threads().parallel_for(d.rows(), [&](std::int64_t row) {
    for (std::int64_t n = 0; n < out; ++n) {
      double sum = bias == nullptr ? 0.0 : bias[n];
      for (std::int64_t k = 0; k < in; ++k) {
        sum += static_cast<double>(src[row * in + k]) * weight[static_cast<std::size_t>(n * in + k)];
      }
      dst[row * out + n] = static_cast<float>(sum);
    }
  });
}

void run_conv2d(Context& ctx, const Conv2dDesc& d) {
  const std::int64_t height = d.src.dim(1), width = d.src.dim(2), in = d.in(), out = d.out();
  const std::int64_t dst_h = d.dst.dim(1), dst_w = d.dst.dim(2), kernel_h = d.kernel_h(), kernel_w = d.kernel_w();
  const float* src = d.src.f32();
  const float* weight = d.weight.f32().data();
  const float* bias = d.bias == nullptr ? nullptr : d.bias->f32().data();
  float* dst = d.dst.f32();
  ctx.threads().parallel_for(d.src.dim(0) * dst_h, [&](std::int64_t task) {
    const std::int64_t b = task / dst_h, y = task % dst_h;
    for (std::int64_t x = 0; x < dst_w; ++x) {
      for (std::int64_t o = 0; o < out; ++o) {
        double sum = bias == nullptr ? 0.0 : bias[o];
        for (std::int64_t i = 0; i < kernel_h; ++i) {
          const std::int64_t from_y = y * d.params.stride + i - d.params.pad_before;
          if (from_y < 0 || from_y >= height) continue;
          for (std::int64_t j = 0; j < kernel_w; ++j) {
            const std::int64_t from_x = x * d.params.stride + j - d.params.pad_before;
            if (from_x < 0 || from_x >= width) continue;
            const float* pixel = src + ((b * height + from_y) * width + from_x) * in;
            const float* w = weight + (o * in * kernel_h + i) * kernel_w + j;
            for (std::int64_t c = 0; c < in; ++c) sum += static_cast<double>(pixel[c]) * w[c * kernel_h * kernel_w];
          }
        }
        dst[((b * dst_h + y) * dst_w + x) * out + o] = static_cast<float>(sum);
      }
    }
  });
}

}  // namespace

void add_reference_dense(Backend& backend) {
  backend.add<LinearDesc>({"reference", [](const LinearDesc&) { return kAccepted; }, run_linear});
  backend.add<Conv2dDesc>({"reference", [](const Conv2dDesc&) { return kAccepted; }, run_conv2d});
}

}  // namespace pxf
