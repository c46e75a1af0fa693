#include "models/vae/vae.h"

namespace pxf::vae {

void ResnetBlock::declare(Scope s, std::int64_t in, std::int64_t out, std::int64_t groups) {
  norm1.declare(s / "norm1", in, groups, 1e-6);
  conv1.declare(s / "conv1", in, out, 3);
  norm2.declare(s / "norm2", out, groups, 1e-6);
  conv2.declare(s / "conv2", out, out, 3);
  if (in != out) nin_shortcut.emplace().declare(s / "nin_shortcut", in, out, 1);
}

Tensor ResnetBlock::operator()(const Tensor& x) const {
  const Tensor h = conv1(norm1.silu(x));
  return conv2(norm2.silu(h)) + (nin_shortcut ? (*nin_shortcut)(x) : x);
}

void AttentionBlock::declare(Scope s, std::int64_t channels, std::int64_t groups) {
  norm.declare(s / "norm", channels, groups, 1e-6);
  q.declare(s / "q", channels, channels);
  k.declare(s / "k", channels, channels);
  v.declare(s / "v", channels, channels);
  proj_out.declare(s / "proj_out", channels, channels);
}

Tensor AttentionBlock::operator()(const Tensor& x) const {
  const Tensor h = norm(x).reshape({x.dim(0), x.dim(1) * x.dim(2), x.dim(3)});
  return proj_out(attention(q(h), k(h), v(h), 1)).reshape(x.shape()) + x;
}

void Middle::declare(Scope s, std::int64_t channels, std::int64_t groups) {
  block_1.declare(s / "block_1", channels, channels, groups);
  attn_1.declare(s / "attn_1", channels, groups);
  block_2.declare(s / "block_2", channels, channels, groups);
}

Vae::Vae(Layout layout) : layout_(std::move(layout)) {
  const Scope s(declarations_);
  const std::int64_t z = layout_.latent_channels;
  if (layout_.encoder) {
    declare_encoder(s / "encoder");
    if (layout_.quant) quant_conv_.declare(s / "quant_conv", 2 * z, 2 * z, 1);
  }
  if (layout_.quant) post_quant_conv_.declare(s / "post_quant_conv", z, z, 1);
  declare_decoder(s / "decoder");
}

void Vae::declare_encoder(Scope s) {
  const HalfLayout& half = *layout_.encoder;
  encoder_.conv_in.declare(s / "conv_in", 3, half.first, 3);
  encoder_.levels.resize(half.levels.size());
  std::int64_t width = half.first;
  for (std::size_t i = 0; i < half.levels.size(); ++i) {
    const Scope level = s / "down" / static_cast<std::int64_t>(i);
    encoder_.levels[i].blocks.resize(half.levels[i].widths.size());
    for (std::size_t k = 0; k < half.levels[i].widths.size(); ++k) {
      const std::int64_t out = half.levels[i].widths[k];
      encoder_.levels[i].blocks[k].declare(level / "block" / static_cast<std::int64_t>(k), width, out, layout_.groups);
      width = out;
    }
    // Padded to the right and below only.
    if (half.levels[i].resample) {
      encoder_.levels[i].resample.emplace().declare(level / "downsample.conv", width, width, 3, Conv2dParams{2, 0, 1});
    }
  }
  encoder_.mid.declare(s / "mid", width, layout_.groups);
  encoder_.norm_out.declare(s / "norm_out", width, layout_.groups, 1e-6);
  encoder_.conv_out.declare(s / "conv_out", width, 2 * layout_.latent_channels, 3);
}

void Vae::declare_decoder(Scope s) {
  const HalfLayout& half = layout_.decoder;
  decoder_.conv_in.declare(s / "conv_in", layout_.latent_channels, half.first, 3);
  decoder_.mid.declare(s / "mid", half.middle, layout_.groups);
  decoder_.levels.resize(half.levels.size());
  std::int64_t width = half.middle;
  for (std::size_t i = half.levels.size(); i-- > 0;) {
    const Scope level = s / "up" / static_cast<std::int64_t>(i);
    decoder_.levels[i].blocks.resize(half.levels[i].widths.size());
    for (std::size_t k = 0; k < half.levels[i].widths.size(); ++k) {
      const std::int64_t out = half.levels[i].widths[k];
      decoder_.levels[i].blocks[k].declare(level / "block" / static_cast<std::int64_t>(k), width, out, layout_.groups);
      width = out;
    }
    if (half.levels[i].resample) {
      decoder_.levels[i].resample.emplace().declare(level / "upsample.conv", width, width, 3);
    }
  }
  decoder_.norm_out.declare(s / "norm_out", width, layout_.groups, 1e-6);
  decoder_.conv_out.declare(s / "conv_out", width, half.channels, 3);
}

std::uint64_t Vae::working_bytes(std::int64_t batch, std::int64_t height, std::int64_t width) const {
  // Highest at full resolution, where the first block comes from the wider level below: its input, the normalised
  // input, its result; about as much waits in blocks of the smaller levels. Measured: tests/pipeline/memory_test.cpp.
  const HalfLayout& half = layout_.decoder;
  const auto last_width = [&](std::size_t level) {
    return level < half.levels.size() && !half.levels[level].widths.empty() ? half.levels[level].widths.back()
                                                                            : half.middle;
  };
  const std::int64_t scale = std::int64_t{1} << (half.levels.empty() ? 0 : half.levels.size() - 1);
  const std::int64_t channels = 4 * last_width(1) + 4 * last_width(0);
  return static_cast<std::uint64_t>(batch * height * scale * width * scale * channels) * sizeof(float);
}

void Vae::check_latent(const Tensor& latent) const {
  require(latent.rank() == 4 && latent.dim(3) == layout_.latent_channels, "[vae] latent: got {}, need (B, h, w, {})",
          latent.shape().text(), layout_.latent_channels);
}

void Vae::check_picture(const Tensor& picture) const {
  require(has_encoder(), "[vae] this file has no encoder; use a VAE file that has one");
  require(picture.rank() == 4 && picture.dim(3) == 3, "[vae] picture: got {}, need (B, H, W, 3)",
          picture.shape().text());
}

Autoencoder::Moments Vae::moments_of(Tensor encoded) const {
  if (layout_.quant) encoded = quant_conv_(encoded);
  const std::int64_t z = layout_.latent_channels;
  return {channel_range(encoded, 0, z), channel_range(encoded, z, 2 * z)};
}

Tensor Vae::decode(const Tensor& latent) const {
  check_latent(latent);
  Tensor h = decoder_.mid(decoder_.conv_in(layout_.quant ? post_quant_conv_(latent) : latent));
  for (std::size_t i = decoder_.levels.size(); i-- > 0;) {
    for (const ResnetBlock& block : decoder_.levels[i].blocks) h = block(h);
    if (const auto& up = decoder_.levels[i].resample) h = (*up)(upsample_nearest(h, 2 * h.dim(1), 2 * h.dim(2)));
  }
  return decoder_.conv_out(decoder_.norm_out.silu(h));
}

Autoencoder::Moments Vae::encode(const Tensor& picture) const {
  check_picture(picture);
  Tensor h = encoder_.conv_in(picture);
  for (const Level& level : encoder_.levels) {
    for (const ResnetBlock& block : level.blocks) h = block(h);
    if (level.resample) h = (*level.resample)(h);
  }
  return moments_of(encoder_.conv_out(encoder_.norm_out.silu(encoder_.mid(h))));
}

}  // namespace pxf::vae
