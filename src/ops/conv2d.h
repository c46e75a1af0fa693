// 2-D convolution (cross-correlation, as networks use the word) with zero padding, or circular where the context says
// so, channels-last.
#pragma once

#include "ops/context.h"
#include "ops/weight.h"

namespace pxf {

struct Conv2dParams {
  int stride = 1;
  int pad_before = 0;  // rows above and columns to the left
  int pad_after = 0;   // rows below and columns to the right
};

struct Conv2dDesc {
  static constexpr const char* kOp = "conv2d";
  const Tensor& src;     // (B, H, W, Cin)
  const Weight& weight;  // (Cout, Cin, kh, kw), as checkpoints store it
  const Weight* bias;    // (Cout) or null
  Conv2dParams params;
  Tensor& dst;  // (B, Ho, Wo, Cout)

  std::int64_t in() const { return src.dim(3); }
  std::int64_t out() const { return dst.dim(3); }
  std::int64_t kernel_h() const { return weight.shape().dim(2); }
  std::int64_t kernel_w() const { return weight.shape().dim(3); }
  double flops() const { return 2.0 * static_cast<double>(dst.numel() * in() * kernel_h() * kernel_w()); }
};

/// (B, H, W, Cin), f32 -> (B, Ho, Wo, Cout) with Ho = (H + pad_before + pad_after - kh) / stride + 1, Wo likewise.
Tensor conv2d(const Tensor& src, const Weight& weight, const Weight* bias, Conv2dParams params);

}  // namespace pxf
