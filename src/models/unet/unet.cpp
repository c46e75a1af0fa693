#include "models/unet/unet.h"

#include <fmt/format.h>

#include <algorithm>

#include "models/unet/freeu.h"

namespace pxf::unet {

Unet::Unet(Layout layout) : layout_(std::move(layout)) {
  declare(Scope(declarations_));
  number_levels();
}

void Unet::declare(Scope s) {
  const std::int64_t groups = layout_.hints.groups, wide = layout_.down.back().out;
  time_in_.declare(s / "time_embed.0", layout_.channels, layout_.embedding);
  time_out_.declare(s / "time_embed.2", layout_.embedding, layout_.embedding);
  if (layout_.vector > 0) {
    vector_in_.declare(s / "label_emb.0.0", layout_.vector, layout_.embedding);
    vector_out_.declare(s / "label_emb.0.2", layout_.embedding, layout_.embedding);
  }
  conv_in_.declare(s / "input_blocks.0.0", layout_.in_channels, layout_.channels, 3);
  down_.resize(layout_.down.size());
  for (std::size_t i = 0; i < down_.size(); ++i) {
    const Scope block = s / "input_blocks" / static_cast<std::int64_t>(i + 1);
    if (layout_.down[i].resnet) {
      declare_block(block, layout_.down[i], fmt::format("input.{}", i + 1), down_[i]);
    } else {
      down_[i].resample.emplace().declare(block / "0.op", layout_.down[i].in, layout_.down[i].out, 3, 2);
    }
  }
  middle_in_.declare(s / "middle_block.0", wide, wide, layout_.embedding, groups);
  if (layout_.middle_depth > 0) {
    middle_attention_.emplace().declare(s / "middle_block.1", wide, layout_.context, layout_.middle_depth,
                                        layout_.hints.heads_of(wide), groups);
    name_blocks("mid", *middle_attention_);
  }
  middle_out_.declare(s / (layout_.middle_depth > 0 ? "middle_block.2" : "middle_block.1"), wide, wide,
                      layout_.embedding, groups);
  up_.resize(layout_.up.size());
  for (std::size_t i = 0; i < up_.size(); ++i) {
    const Layout::Block& b = layout_.up[i];
    const Scope block = s / "output_blocks" / static_cast<std::int64_t>(i);
    declare_block(block, b, fmt::format("output.{}", i), up_[i]);
    if (b.upsample) up_[i].resample.emplace().declare(block / (b.depth > 0 ? "2.conv" : "1.conv"), b.out, b.out, 3);
  }
  norm_out_.declare(s / "out.0", layout_.up.back().out, groups, 1e-5);
  conv_out_.declare(s / "out.2", layout_.up.back().out, layout_.out_channels, 3);
}

void Unet::declare_block(Scope s, const Layout::Block& layout, const std::string& name, Block& block) {
  block.resnet.emplace().declare(s / "0", layout.in, layout.out, layout_.embedding, layout_.hints.groups);
  if (layout.depth > 0) {
    block.attention.emplace().declare(s / "1", layout.out, layout_.context, layout.depth,
                                      layout_.hints.heads_of(layout.out), layout_.hints.groups);
    name_blocks(name, *block.attention);
  }
}

void Unet::name_blocks(const std::string& layer, SpatialTransformer& transformer) {
  transformer.first = transformer_blocks_.size();
  for (std::size_t i = 0; i < transformer.blocks.size(); ++i) {
    transformer_blocks_.push_back(fmt::format("{}.{}", layer, i));
  }
}

void Unet::number_levels() {
  int level = 0;
  bool below_attention = false;
  for (Block& block : down_) {
    if (block.resample && below_attention) ++level;
    if (!block.attention) continue;
    block.attention->level = level;
    below_attention = true;
  }
  if (middle_attention_) middle_attention_->level = level;
  for (Block& block : up_) {
    if (block.attention) block.attention->level = level;
    if (block.resample) level = std::max(0, level - 1);
  }
}

Tensor Unet::Block::operator()(Tensor x, const Tensor& e, const Tensor& context, const Alterations& how) const {
  if (resnet) x = (*resnet)(x, e);
  if (attention) x = (*attention)(x, context, how);
  return x;
}

std::uint64_t Unet::working_bytes(std::int64_t batch, std::int64_t height, std::int64_t width) const {
  // Counted in feature maps of the first level: five are held as skips, a gated feed-forward layer there holds fifteen
  // at once; the rest is blocks of other sizes waiting to be used again. Measured: tests/pipeline/memory_test.cpp.
  constexpr std::int64_t kMaps = 32;
  return static_cast<std::uint64_t>(batch * height * width * layout_.channels * kMaps) * sizeof(float);
}

Tensor Unet::embed(const Tensor& x, std::span<const double> timesteps, const Conditioning& cond) const {
  const Tensor wave = timestep_embedding(x.context(), timesteps, layout_.channels);
  Tensor e = time_out_(silu(time_in_(wave)));
  if (layout_.vector == 0) return e;
  require(cond.vector.defined() && cond.vector.shape() == Shape{x.dim(0), layout_.vector},
          "[unet] vector of the conditioning: got {}, need ({}, {})",
          cond.vector.defined() ? cond.vector.shape().text() : "none", x.dim(0), layout_.vector);
  return std::move(e) + vector_out_(silu(vector_in_(cond.vector)));
}

void Unet::apply_freeu(const FreeU& freeu, int level, Tensor& h, Tensor& skip) const {
  const auto factors = freeu_factors(freeu, level, h.dim(3), layout_.channels);
  if (!factors) return;
  h = amplified_backbone(h, factors->backbone, freeu.version);
  skip = damped_skip(skip, factors->skip);
}

std::vector<Tensor> Unet::descend(const Tensor& x, std::size_t layers, const Tensor& e, const Tensor& context,
                                  const Alterations& how) const {
  std::vector<Tensor> skips{conv_in_(x)};
  for (std::size_t i = 0; i < layers; ++i) {
    const Block& block = down_[i];
    skips.push_back(block.resample ? (*block.resample)(skips.back()) : block(skips.back(), e, context, how));
  }
  return skips;
}

Tensor Unet::turn(const Tensor& x, const Tensor& e, const Tensor& context, const Alterations& how) const {
  Tensor h = middle_in_(x, e);
  if (middle_attention_) h = (*middle_attention_)(h, context, how);
  return middle_out_(h, e);
}

Tensor Unet::predict(const Tensor& x, std::span<const double> timesteps, const Conditioning& cond,
                     const Alterations& how) const {
  require(x.rank() == 4 && x.dim(3) == layout_.in_channels, "[unet] input: got {}, need (B, H, W, {})",
          x.shape().text(), layout_.in_channels);
  require(static_cast<std::int64_t>(timesteps.size()) == x.dim(0), "[unet] {} timesteps for {} pictures",
          timesteps.size(), x.dim(0));
  require(cond.context.rank() == 3 && cond.context.dim(0) == x.dim(0) && cond.context.dim(2) == layout_.context,
          "[unet] text features: got {}, need ({}, tokens, {})", cond.context.shape().text(), x.dim(0),
          layout_.context);
  require(how.perturbed.empty() || std::ssize(how.perturbed) == x.dim(0), "[unet] {} perturbations for {} pictures",
          how.perturbed.size(), x.dim(0));
  require(how.deep == nullptr || (how.deep->depth >= 1 && how.deep->depth < layers()),
          "[unet] depth of what is not kept: need 1 to {}", layers() - 1);

  const Tensor e = silu(embed(x, timesteps, cond));
  const bool keeps = how.deep != nullptr, is_kept = keeps && how.deep->features.defined();
  const std::size_t inner = keeps ? up_.size() - static_cast<std::size_t>(how.deep->depth) : 0;  // on the way up
  std::vector<Tensor> skips = descend(x, is_kept ? down_.size() - inner : down_.size(), e, cond.context, how);
  Tensor h = is_kept ? how.deep->features : turn(skips.back(), e, cond.context, how);
  int level = 0;
  for (std::size_t i = 0; i < up_.size(); ++i) {
    const Block& block = up_[i];
    if (is_kept && i < inner) {
      level += block.resample ? 1 : 0;
      continue;
    }
    if (keeps && i == inner) how.deep->features = h;
    if (how.freeu != nullptr) apply_freeu(*how.freeu, level, h, skips.back());
    h = block(concat_channels(h, skips.back()), e, cond.context, how);
    skips.pop_back();
    // Odd sides do not double evenly: the next skip says which size to reach.
    if (!block.resample) continue;
    h = (*block.resample)(upsample_nearest(h, skips.back().dim(1), skips.back().dim(2)));
    ++level;
  }
  return conv_out_(norm_out_.silu(h));
}

}  // namespace pxf::unet
