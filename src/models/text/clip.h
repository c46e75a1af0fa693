// CLIP's text encoder, in the layout of Hugging Face's transformers. Radford et al. 2021, "Learning Transferable Visual
// Models From Natural Language Supervision".
#pragma once

#include <vector>

#include "models/parts.h"
#include "nn/layers.h"
#include "weights/catalog.h"

namespace pxf::text {

struct ClipLayer {
  LayerNorm layer_norm1, layer_norm2;
  Linear q_proj, k_proj, v_proj, out_proj, fc1, fc2;
  std::int64_t heads = 1;

  void declare(Scope s, std::int64_t width, std::int64_t hidden, std::int64_t head_count);
  Tensor operator()(Tensor x) const;
};

struct ClipLayout {
  std::int64_t width = 0, layers = 0, heads = 0, hidden = 0, vocabulary = 0, positions = 0;
  bool final_norm = true;  // of the features; the pooled row always has it
};

/// ids (B, N) -> 0, 1, 2 ... N - 1 in every row.
Tensor places_of(const Tensor& ids);
/// x (B, N, C) -> (B, C): the row of each first end token, which has the highest id.
Tensor rows_of_ends(const Tensor& x, const Tensor& ids);

/// `names` are those under "…text_model". `heads` 0 means width / 64, as all published sizes have it.
/// Throws Failure(bad_file) when there is no such encoder.
ClipLayout read_clip_layout(const Catalog& names, std::int64_t heads);

class ClipText final : public TextEncoder {
 public:
  explicit ClipText(ClipLayout layout);

  Output encode(const Tensor& ids, int clip_skip) const override;
  std::int64_t layers() const override { return layout_.layers; }
  std::int64_t positions() const override { return layout_.positions; }
  std::int64_t vocabulary() const override { return layout_.vocabulary; }
  std::int64_t width() const override { return layout_.width; }
  std::int32_t padding_id() const override { return static_cast<std::int32_t>(layout_.vocabulary - 1); }

 private:
  ClipLayout layout_;
  Embedding token_embedding_, position_embedding_;
  std::vector<ClipLayer> layers_;
  LayerNorm final_layer_norm_;
};

}  // namespace pxf::text
