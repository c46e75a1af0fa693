// The residual block of the latent-diffusion UNet. Rombach et al. 2022.
#pragma once

#include <optional>

#include "nn/layers.h"

namespace pxf::unet {

struct ResnetBlock {  // (B, H, W, in), embedding (B, E) -> (B, H, W, out)
  GroupNorm norm_in, norm_out;
  Conv2d conv_in, conv_out;
  Linear emb;
  std::optional<Conv2d> skip;

  void declare(Scope s, std::int64_t in, std::int64_t out, std::int64_t embedding, std::int64_t groups) {
    norm_in.declare(s / "in_layers.0", in, groups, 1e-5);
    conv_in.declare(s / "in_layers.2", in, out, 3);
    emb.declare(s / "emb_layers.1", embedding, out);
    norm_out.declare(s / "out_layers.0", out, groups, 1e-5);
    conv_out.declare(s / "out_layers.3", out, out, 3);
    if (in != out) skip.emplace().declare(s / "skip_connection", in, out, 1);
  }

  /// `e` has been through SiLU: it is the same for all blocks.
  Tensor operator()(const Tensor& x, const Tensor& e) const {
    const Tensor h = add_everywhere(conv_in(norm_in.silu(x)), emb(e));
    return conv_out(norm_out.silu(h)) + (skip ? (*skip)(x) : x);
  }
};

}  // namespace pxf::unet
