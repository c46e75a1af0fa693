// Attention over the places of a feature map and over the text. Vaswani et al. 2017; Rombach et al. 2022, section 3.3.
#pragma once

#include <vector>

#include "models/parts.h"
#include "nn/layers.h"

namespace pxf::unet {

struct CrossAttention {  // x (B, N, C), context (B, M, D) -> (B, N, C)
  Linear to_q, to_k, to_v, to_out;
  std::int64_t heads = 1;

  void declare(Scope s, std::int64_t channels, std::int64_t context, std::int64_t head_count) {
    heads = head_count;
    to_q.declare(s / "to_q", channels, channels, false);
    to_k.declare(s / "to_k", context, channels, false);
    to_v.declare(s / "to_v", context, channels, false);
    to_out.declare(s / "to_out.0", channels, channels);
  }
  Tensor operator()(const Tensor& x, const Tensor& context) const {
    return to_out(attention(to_q(x), to_k(context), to_v(context), heads));
  }
};

struct FeedForward {  // (B, N, C) -> (B, N, C), four times as wide in between, gated
  Linear in, out;

  void declare(Scope s, std::int64_t channels) {
    in.declare(s / "net.0.proj", channels, channels * 8);
    out.declare(s / "net.2", channels * 4, channels);
  }
  Tensor operator()(const Tensor& x) const { return out(in.gated(x)); }
};

struct TransformerBlock {
  LayerNorm norm1, norm2, norm3;
  CrossAttention attn1, attn2;
  FeedForward ff;

  void declare(Scope s, std::int64_t channels, std::int64_t context, std::int64_t heads) {
    attn1.declare(s / "attn1", channels, channels, heads);
    attn2.declare(s / "attn2", channels, context, heads);
    ff.declare(s / "ff", channels);
    norm1.declare(s / "norm1", channels);
    norm2.declare(s / "norm2", channels);
    norm3.declare(s / "norm3", channels);
  }
  Tensor operator()(Tensor x, const Tensor& context) const {
    const Tensor n = norm1(x);
    return after_self_attention(attn1(n, n) + x, context);
  }
  Tensor after_self_attention(Tensor x, const Tensor& context) const {
    x = attn2(norm2(x), context) + x;
    return ff(norm3(x)) + x;
  }
};

/// Of a feature map.
struct Sides {
  std::int64_t height, width;
};

struct SpatialTransformer {  // (B, H, W, C) -> (B, H, W, C)
  GroupNorm norm;
  Linear proj_in, proj_out;  // stored as 1x1 convolutions in SD 1.x, which are the same thing channels-last
  std::vector<TransformerBlock> blocks;
  std::size_t first = 0;  // its first block's number among the network's
  int level = 0;          // of the resolutions with attention, from 0, the largest

  void declare(Scope s, std::int64_t channels, std::int64_t context, std::int64_t depth, std::int64_t heads,
               std::int64_t groups) {
    norm.declare(s / "norm", channels, groups, 1e-6);
    proj_in.declare(s / "proj_in", channels, channels);
    blocks.resize(static_cast<std::size_t>(depth));
    for (std::int64_t i = 0; i < depth; ++i) {
      blocks[static_cast<std::size_t>(i)].declare(s / "transformer_blocks" / i, channels, context, heads);
    }
    proj_out.declare(s / "proj_out", channels, channels);
  }
  Tensor operator()(const Tensor& x, const Tensor& context, const Alterations& how) const;
};

}  // namespace pxf::unet
