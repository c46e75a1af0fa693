#include "models/text/clip.h"

namespace pxf::text {

void ClipLayer::declare(Scope s, std::int64_t width, std::int64_t hidden, std::int64_t head_count) {
  heads = head_count;
  q_proj.declare(s / "self_attn.q_proj", width, width);
  k_proj.declare(s / "self_attn.k_proj", width, width);
  v_proj.declare(s / "self_attn.v_proj", width, width);
  out_proj.declare(s / "self_attn.out_proj", width, width);
  layer_norm1.declare(s / "layer_norm1", width);
  layer_norm2.declare(s / "layer_norm2", width);
  fc1.declare(s / "mlp.fc1", width, hidden);
  fc2.declare(s / "mlp.fc2", hidden, width);
}

Tensor ClipLayer::operator()(Tensor x) const {
  const Tensor n = layer_norm1(x);
  x = out_proj(attention(q_proj(n), k_proj(n), v_proj(n), heads, causal)) + x;
  Tensor h = fc1(layer_norm2(x));
  return fc2(exact_gelu ? gelu(std::move(h)) : quick_gelu(std::move(h))) + x;
}

Layout read_clip_layout(const Catalog& names, std::int64_t heads) {
  return read_layout(names,
                     {"embeddings.token_embedding.weight", "embeddings.position_embedding.weight", "encoder.layers",
                      "encoder.layers.0.mlp.fc1.weight"},
                     heads);
}

ClipText::ClipText(Layout layout) : layout_(layout) {
  const Scope s(declarations_);
  token_embedding_.declare(s / "embeddings.token_embedding", layout.vocabulary, layout.width);
  position_embedding_.declare(s / "embeddings.position_embedding", layout.positions, layout.width);
  layers_.resize(static_cast<std::size_t>(layout.layers));
  for (std::int64_t i = 0; i < layout.layers; ++i) {
    ClipLayer& layer = layers_[static_cast<std::size_t>(i)];
    layer.exact_gelu = layout.exact_gelu;
    layer.declare(s / "encoder.layers" / i, layout.width, layout.hidden, layout.heads);
  }
  final_layer_norm_.declare(s / "final_layer_norm", layout.width);
}

TextEncoder::Output ClipText::encode(const Rows& rows, int clip_skip) const {
  check_rows(layout_, rows, clip_skip);
  Tensor x = token_vectors(token_embedding_.weight, rows) + position_embedding_(places_of(rows.ids));
  for (std::int64_t i = 0; i + clip_skip <= layout_.layers; ++i) x = layers_[static_cast<std::size_t>(i)](std::move(x));
  if (!layout_.final_norm) return {x};
  const Tensor normed = final_layer_norm_(x);
  return {normed, clip_skip == 1 ? rows_of_ends(normed, rows.ids, layout_.vocabulary) : Tensor()};
}

}  // namespace pxf::text
