#include "models/vision/clip_vision.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/error.h"

namespace pxf::vision {
namespace {

// Heads are 64 wide but in the largest towers, which OpenCLIP trained (H: 1280, g: 1408, bigG: 1664): they have 16.
std::int64_t published_heads(std::int64_t width) {
  return width == 1280 || width == 1408 || width == 1664 ? 16 : std::max<std::int64_t>(1, width / 64);
}

/// (B, N + 1, C): the row before those of each picture.
Tensor with_first(const Weight& row, const Tensor& places) {
  const std::int64_t batch = places.dim(0), count = places.dim(1), width = places.dim(2);
  std::vector<float> first(static_cast<std::size_t>(width));
  row.read_f32(0, first);
  Tensor out = places.context().empty({batch, count + 1, width});
  for (std::int64_t b = 0; b < batch; ++b) {
    float* to = out.f32() + b * (count + 1) * width;
    std::ranges::copy(first, to);
    std::copy_n(places.f32() + b * count * width, count * width, to + width);
  }
  return out;
}

/// (B, N, C) -> (B, C): the first row of each.
Tensor first_rows(const Tensor& x) {
  Tensor out = x.context().empty({x.dim(0), x.dim(2)});
  for (std::int64_t b = 0; b < x.dim(0); ++b) {
    std::copy_n(x.f32() + b * x.dim(1) * x.dim(2), x.dim(2), out.f32() + b * x.dim(2));
  }
  return out;
}

}  // namespace

Layout read_layout(const Catalog& names, std::int64_t heads) {
  Layout out;
  const Shape patches = names.shape("embeddings.patch_embedding.weight");
  const Shape places = names.shape("embeddings.position_embedding.weight");
  out.layers = names.count("encoder.layers");
  out.hidden = names.dim("encoder.layers.0.mlp.fc1.weight", 0).value_or(0);
  if (patches.rank() == 4 && places.rank() == 2) {
    out.width = patches.dim(0);
    out.patch = patches.dim(2);
    out.side = std::llround(std::sqrt(static_cast<double>(places.dim(0) - 1))) * out.patch;
    out.heads = heads > 0 ? heads : published_heads(out.width);
  }
  const std::int64_t across = out.patch > 0 ? out.side / out.patch : 0;
  if (across < 1 || out.side > 4096 || out.layers == 0 || out.hidden == 0 || out.width % out.heads != 0 ||
      across * across + 1 != places.dim(0)) {
    throw Failure(Error{ErrorCode::bad_file,
                        fmt::format("CLIP's vision tower: patches {}, places {}, {} layers cannot be; need square "
                                    "pictures and a width that divides into {} heads",
                                    patches.text(), places.text(), out.layers, out.heads),
                        names.source().name()});
  }
  return out;
}

ClipVision::ClipVision(const Layout& layout) : layout_(layout) {
  const Scope s(declarations_);
  s.weight("embeddings.class_embedding", {layout.width}, class_embedding_);
  const Conv2dParams apart{static_cast<int>(layout.patch), 0, 0};
  patches_.declare(s / "embeddings.patch_embedding", 3, layout.width, static_cast<int>(layout.patch), apart, false);
  const std::int64_t across = layout.side / layout.patch;
  places_.declare(s / "embeddings.position_embedding", across * across + 1, layout.width);
  before_.declare(s / "pre_layrnorm", layout.width);  // as the published files spell it
  layers_.resize(static_cast<std::size_t>(layout.layers));
  for (std::int64_t i = 0; i < layout.layers; ++i) {
    text::ClipLayer& layer = layers_[static_cast<std::size_t>(i)];
    layer.causal = false;
    layer.exact_gelu = layout.exact_gelu;
    layer.declare(s / "encoder.layers" / i, layout.width, layout.hidden, layout.heads);
  }
  after_.declare(s / "post_layernorm", layout.width);
}

Tensor ClipVision::encode(const Tensor& pictures) const {
  require(pictures.rank() == 4 && pictures.dim(1) == layout_.side && pictures.dim(2) == layout_.side &&
              pictures.dim(3) == 3,
          "[clip vision] pictures: got {}, need (B, {}, {}, 3)", pictures.shape().text(), layout_.side, layout_.side);
  Context& ctx = pictures.context();
  const Tensor patches = patches_(pictures);
  const std::int64_t batch = patches.dim(0), count = patches.dim(1) * patches.dim(2);
  Tensor x = with_first(class_embedding_, patches.reshape({batch, count, layout_.width}));
  std::vector<std::int32_t> ids;
  for (std::int64_t i = 0; i < batch * (count + 1); ++i) ids.push_back(static_cast<std::int32_t>(i % (count + 1)));
  x = before_(std::move(x) + places_(ctx.from(ids, {batch, count + 1})));
  for (const text::ClipLayer& layer : layers_) x = layer(std::move(x));
  return after_(first_rows(x));
}

}  // namespace pxf::vision
