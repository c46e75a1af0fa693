#include "ops/conv2d.h"

#include "ops/arrange.h"

namespace pxf {

Tensor conv2d(const Tensor& src, const Weight& weight, const Weight* bias, Conv2dParams params) {
  require(src.rank() == 4, "[conv2d] src: got rank {}, need 4 (B, H, W, C)", src.rank());
  const Shape& w = weight.shape();
  require(w.rank() == 4, "[conv2d] weight: got {}, need (Cout, Cin, kh, kw)", w.text());
  require(src.dim(3) == w.dim(1), "[conv2d] channels: src has {}, weight takes {}", src.dim(3), w.dim(1));
  require(bias == nullptr || bias->shape().numel() == w.dim(0), "[conv2d] bias: got {}, need ({})",
          bias == nullptr ? "" : bias->shape().text(), w.dim(0));
  require(params.stride > 0 && params.pad_before >= 0 && params.pad_after >= 0, "[conv2d] stride {} or padding {}, {}",
          params.stride, params.pad_before, params.pad_after);
  if (const Wrap wrap = src.context().wrap(); (wrap.x || wrap.y) && params.pad_before + params.pad_after > 0) {
    return conv2d(padded(src, params.pad_before, params.pad_after, wrap), weight, bias, {.stride = params.stride});
  }
  const auto extent = [&](std::int64_t size, std::int64_t kernel) {
    const std::int64_t room = size + params.pad_before + params.pad_after - kernel;
    require(room >= 0, "[conv2d] src {} is smaller than the kernel {}", src.shape().text(), w.text());
    return room / params.stride + 1;
  };
  Tensor dst = src.context().empty({src.dim(0), extent(src.dim(1), w.dim(2)), extent(src.dim(2), w.dim(3)), w.dim(0)});
  src.context().run(Conv2dDesc{src, weight, bias, params, dst});
  return dst;
}

}  // namespace pxf
