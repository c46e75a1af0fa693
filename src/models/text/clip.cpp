#include "models/text/clip.h"

#include <algorithm>

#include "base/error.h"

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
  x = out_proj(attention(q_proj(n), k_proj(n), v_proj(n), heads, true)) + x;
  return fc2(quick_gelu(fc1(layer_norm2(x)))) + x;
}

ClipLayout read_clip_layout(const Catalog& names, std::int64_t heads) {
  ClipLayout out;
  const Shape tokens = names.shape("embeddings.token_embedding.weight");
  const Shape positions = names.shape("embeddings.position_embedding.weight");
  require(tokens.rank() == 2 && positions.rank() == 2, "[clip] embeddings: got {} and {}, need (rows, width)",
          tokens.text(), positions.text());
  out.vocabulary = tokens.dim(0);
  out.width = tokens.dim(1);
  out.positions = positions.dim(0);
  out.layers = names.count("encoder.layers");
  out.hidden = names.dim("encoder.layers.0.mlp.fc1.weight", 0).value_or(4 * out.width);
  out.heads = heads > 0 ? heads : std::max<std::int64_t>(1, out.width / 64);
  if (out.width % out.heads != 0 || out.layers == 0 || out.vocabulary < 3) {
    throw Failure(Error{ErrorCode::bad_file,
                        fmt::format("text encoder: width {}, {} heads, {} layers, {} tokens cannot be", out.width,
                                    out.heads, out.layers, out.vocabulary),
                        names.source().name()});
  }
  return out;
}

ClipText::ClipText(ClipLayout layout) : layout_(layout) {
  const Scope s(declarations_);
  token_embedding_.declare(s / "embeddings.token_embedding", layout.vocabulary, layout.width);
  position_embedding_.declare(s / "embeddings.position_embedding", layout.positions, layout.width);
  layers_.resize(static_cast<std::size_t>(layout.layers));
  for (std::int64_t i = 0; i < layout.layers; ++i) {
    layers_[static_cast<std::size_t>(i)].declare(s / "encoder.layers" / i, layout.width, layout.hidden, layout.heads);
  }
  final_layer_norm_.declare(s / "final_layer_norm", layout.width);
}

TextEncoder::Output ClipText::encode(const Tensor& ids, int clip_skip) const {
  require(ids.rank() == 2 && ids.dim(1) > 0 && ids.dim(1) <= layout_.positions, "[clip] ids: got {}, need (B, 1 to {})",
          ids.shape().text(), layout_.positions);
  require(clip_skip >= 1 && clip_skip <= layout_.layers, "[clip] clip skip: got {}, need 1 to {}", clip_skip,
          layout_.layers);
  Tensor x = token_embedding_(ids) + position_embedding_(places_of(ids));
  for (std::int64_t i = 0; i + clip_skip <= layout_.layers; ++i) x = layers_[static_cast<std::size_t>(i)](std::move(x));
  if (!layout_.final_norm) return {x};
  const Tensor normed = final_layer_norm_(x);
  return {normed, clip_skip == 1 ? rows_of_ends(normed, ids) : Tensor()};
}

Tensor places_of(const Tensor& ids) {
  const std::int64_t length = ids.dim(1);
  std::vector<std::int32_t> places(static_cast<std::size_t>(ids.numel()));
  for (std::size_t i = 0; i < places.size(); ++i) {
    places[i] = static_cast<std::int32_t>(static_cast<std::int64_t>(i) % length);
  }
  return ids.context().from(places, ids.shape());
}

Tensor rows_of_ends(const Tensor& x, const Tensor& ids) {
  const std::int64_t batch = ids.dim(0), length = ids.dim(1), width = x.dim(2);
  const Tensor rows = x.reshape({batch * length, width});
  std::vector<Tensor> ends;
  for (std::int64_t b = 0; b < batch; ++b) {
    const std::span<const std::int32_t> row =
        ids.span<std::int32_t>().subspan(static_cast<std::size_t>(b * length), static_cast<std::size_t>(length));
    const std::int64_t end = b * length + (std::ranges::max_element(row) - row.begin());
    ends.push_back(rows.rows(end, end + 1));
  }
  return concat_batch(ends);
}

}  // namespace pxf::text
