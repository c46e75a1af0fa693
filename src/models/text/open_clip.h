// OpenCLIP's text encoder (ViT-H in SD 2.x, ViT-bigG in SDXL), in open_clip's own layout. Cherti et al. 2022,
// "Reproducible scaling laws for contrastive language-image learning".
#pragma once

#include <vector>

#include "models/parts.h"
#include "models/text/layout.h"
#include "nn/layers.h"
#include "weights/catalog.h"

namespace pxf::text {

struct OpenClipLayer {
  LayerNorm ln_1, ln_2;
  Linear in_proj, out_proj, c_fc, c_proj;  // in_proj: rows q, k, v
  std::int64_t heads = 1;

  void declare(Scope s, std::int64_t width, std::int64_t hidden, std::int64_t head_count);
  Tensor operator()(Tensor x) const;
};

/// `names` are those under "….model". Errors: those of read_layout.
Layout read_open_clip_layout(const Catalog& names, std::int64_t heads);

class OpenClipText final : public TextEncoder {
 public:
  explicit OpenClipText(Layout layout);

  Output encode(const Rows& rows, int clip_skip) const override;
  std::int64_t layers() const override { return layout_.layers; }
  std::int64_t positions() const override { return layout_.positions; }
  std::int64_t vocabulary() const override { return layout_.vocabulary; }
  std::int64_t width() const override { return layout_.width; }
  std::int32_t padding_id() const override { return 0; }

 private:
  Layout layout_;
  Embedding token_embedding_, positional_embedding_;
  std::vector<OpenClipLayer> layers_;
  LayerNorm ln_final_;
  Weight text_projection_;  // (width, projection): applied as x W
};

}  // namespace pxf::text
