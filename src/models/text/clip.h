// CLIP's text encoder, in the layout of Hugging Face's transformers. Radford et al. 2021, "Learning Transferable Visual
// Models From Natural Language Supervision".
#pragma once

#include <vector>

#include "models/parts.h"
#include "models/text/layout.h"
#include "nn/layers.h"
#include "weights/catalog.h"

namespace pxf::text {

struct ClipLayer {
  LayerNorm layer_norm1, layer_norm2;
  Linear q_proj, k_proj, v_proj, out_proj, fc1, fc2;
  std::int64_t heads = 1;
  bool causal = true;       // of texts; places of a picture see all others
  bool exact_gelu = false;  // as in Layout

  void declare(Scope s, std::int64_t width, std::int64_t hidden, std::int64_t head_count);
  Tensor operator()(Tensor x) const;
};

/// `names` are those under "…text_model". Errors: those of read_layout.
Layout read_clip_layout(const Catalog& names, std::int64_t heads);

class ClipText final : public TextEncoder {
 public:
  explicit ClipText(Layout layout);

  Output encode(const Rows& rows, int clip_skip) const override;
  std::int64_t layers() const override { return layout_.layers; }
  std::int64_t positions() const override { return layout_.positions; }
  std::int64_t vocabulary() const override { return layout_.vocabulary; }
  std::int64_t width() const override { return layout_.width; }
  std::int32_t padding_id() const override { return static_cast<std::int32_t>(layout_.vocabulary - 1); }

 private:
  Layout layout_;
  Embedding token_embedding_, position_embedding_;
  std::vector<ClipLayer> layers_;
  LayerNorm final_layer_norm_;
};

}  // namespace pxf::text
