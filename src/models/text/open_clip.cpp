#include "models/text/open_clip.h"

#include <vector>

namespace pxf::text {
namespace {

/// (in, out) -> (out, in), as linear() takes it; made once and kept with the weight.
const Weight& transposed(const Weight& weight) {
  return weight.packed<Weight>([&] {
    const std::int64_t in = weight.shape().dim(0), out = weight.shape().dim(1);
    std::vector<float> values(static_cast<std::size_t>(in * out)), turned(values.size());
    weight.read_f32(0, values);
    for (std::int64_t i = 0; i < in; ++i) {
      for (std::int64_t o = 0; o < out; ++o) {
        turned[static_cast<std::size_t>(o * in + i)] = values[static_cast<std::size_t>(i * out + o)];
      }
    }
    return Weight::of(turned, {out, in});
  });
}

}  // namespace

void OpenClipLayer::declare(Scope s, std::int64_t width, std::int64_t hidden, std::int64_t head_count) {
  heads = head_count;
  (s / "attn").weight("in_proj_weight", {3 * width, width}, in_proj.weight);
  (s / "attn").weight("in_proj_bias", {3 * width}, in_proj.bias);
  out_proj.declare(s / "attn.out_proj", width, width);
  ln_1.declare(s / "ln_1", width);
  ln_2.declare(s / "ln_2", width);
  c_fc.declare(s / "mlp.c_fc", width, hidden);
  c_proj.declare(s / "mlp.c_proj", hidden, width);
}

Tensor OpenClipLayer::operator()(Tensor x) const {
  const std::int64_t width = x.dim(2);
  const Tensor qkv = in_proj(ln_1(x));
  const auto third = [&](std::int64_t i) { return channel_range(qkv, i * width, (i + 1) * width); };
  x = out_proj(attention(third(0), third(1), third(2), heads, true)) + x;
  return c_proj(gelu(c_fc(ln_2(x)))) + x;
}

Layout read_open_clip_layout(const Catalog& names, std::int64_t heads) {
  return read_layout(names,
                     {"token_embedding.weight", "positional_embedding", "transformer.resblocks",
                      "transformer.resblocks.0.mlp.c_fc.weight"},
                     heads);
}

OpenClipText::OpenClipText(Layout layout) : layout_(layout) {
  const Scope s(declarations_);
  token_embedding_.declare(s / "token_embedding", layout.vocabulary, layout.width);
  s.weight("positional_embedding", {layout.positions, layout.width}, positional_embedding_.weight);
  layers_.resize(static_cast<std::size_t>(layout.layers));
  for (std::int64_t i = 0; i < layout.layers; ++i) {
    layers_[static_cast<std::size_t>(i)].declare(s / "transformer.resblocks" / i, layout.width, layout.hidden,
                                                 layout.heads);
  }
  ln_final_.declare(s / "ln_final", layout.width);
  if (layout.projection > 0) s.weight("text_projection", {layout.width, layout.projection}, text_projection_);
}

TextEncoder::Output OpenClipText::encode(const Rows& rows, int clip_skip) const {
  check_rows(layout_, rows, clip_skip);
  Tensor x = token_vectors(token_embedding_.weight, rows) + positional_embedding_(places_of(rows.ids));
  const std::int64_t shown = layout_.layers + layout_.left_out - clip_skip + 1,
                     run = layout_.projection > 0 ? layout_.layers : shown;
  Output out;
  for (std::int64_t i = 0; i < run; ++i) {
    x = layers_[static_cast<std::size_t>(i)](std::move(x));
    if (i + 1 == shown) out.features = layout_.final_norm ? ln_final_(x) : x;
  }
  if (layout_.projection > 0) {
    const Tensor ends = rows_of_ends(ln_final_(x), rows.ids, layout_.vocabulary);
    out.pooled = linear(ends, transposed(text_projection_), nullptr);
  }
  return out;
}

}  // namespace pxf::text
