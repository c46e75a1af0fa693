#include "models/vae/tiny.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/error.h"

namespace pxf::vae {
namespace {

constexpr std::int64_t kMostLayers = 64;
constexpr std::int64_t kResamplings = 3;  // by 8 in all

/// The first of these under which the file has that layer.
std::optional<Catalog> half_under(const Catalog& file, std::initializer_list<const char*> paths,
                                  std::initializer_list<const char*> marks) {
  for (const char* path : paths) {
    const Catalog names = file.under(path);
    const auto has = [&](const char* mark) { return names.has(mark); };
    if (std::ranges::all_of(marks, has)) return names;
  }
  return std::nullopt;
}

void check_shape(const Catalog& names, const std::string& name) {
  const Shape shape = names.shape(name);
  if (shape.rank() == 4 && shape.dim(2) == shape.dim(3) && (shape.dim(2) == 1 || shape.dim(2) == 3)) return;
  throw Failure(Error{
      ErrorCode::bad_file,
      fmt::format("\"{}{}\": got {}, need the kernel of a 1x1 or 3x3 convolution", names.prefix(), name, shape.text()),
      names.source().name()});
}

void declare_conv(Scope s, const Catalog& names, const std::string& name, int stride, Conv2d& conv) {
  check_shape(names, name + ".weight");
  const Shape shape = names.shape(name + ".weight");
  const int kernel = static_cast<int>(shape.dim(2)), pad = kernel / 2;
  conv.declare(s / name, shape.dim(1), shape.dim(0), kernel, {stride, pad, pad}, names.has(name + ".bias"));
}

}  // namespace

Tensor TinyHalf::Block::operator()(const Tensor& x) const {
  return relu(third(relu(second(relu(first(x))))) + (skip ? (*skip)(x) : x));
}

void TinyHalf::declare(Scope s, const Catalog& names, bool down) {
  layers.reserve(static_cast<std::size_t>(kMostLayers));  // declarations point at them
  for (std::int64_t i = 0; i < kMostLayers; ++i) {
    const std::string at = std::to_string(i);
    if (names.has(at + ".conv.0.weight")) {
      Block& block = layers.emplace_back().block.emplace();
      declare_conv(s, names, at + ".conv.0", 1, block.first);
      declare_conv(s, names, at + ".conv.2", 1, block.second);
      declare_conv(s, names, at + ".conv.4", 1, block.third);
      if (names.has(at + ".skip.weight")) declare_conv(s, names, at + ".skip", 1, block.skip.emplace());
    } else if (names.has(at + ".weight")) {
      Conv& conv = layers.emplace_back().conv.emplace();
      conv.resamples = !names.has(at + ".bias");
      declare_conv(s, names, at, conv.resamples && down ? 2 : 1, conv.conv);
    }
  }
}

std::int64_t TinyHalf::resamplings() const {
  return std::ranges::count_if(layers, [](const Layer& layer) { return layer.conv && layer.conv->resamples; });
}

std::optional<TinyFile> find_tiny(const Catalog& file) {
  TinyFile out;
  out.decoder = half_under(file, {"decoder.layers"}, {"0.weight", "2.conv.0.weight"});
  // TAESD's own files count the clamp before the first layer.
  if (!out.decoder) out.decoder = half_under(file, {"decoder", "taesd_decoder", ""}, {"1.weight", "3.conv.0.weight"});
  out.encoder = half_under(file, {"encoder.layers", "encoder", "taesd_encoder", ""}, {"0.weight", "1.conv.0.weight"});
  if (!out.decoder && !out.encoder) return std::nullopt;
  return out;
}

Tiny::Tiny(const TinyFile& file) {
  const auto refuse = [](const Catalog& names, std::string why) {
    throw Failure(Error{ErrorCode::bad_file, std::move(why), names.source().name()});
  };
  if (!file.decoder) {
    refuse(*file.encoder, "is the encoder of a TAESD alone; need its decoder, or a file with both halves");
  }
  const auto declare = [&](const Catalog& names, bool down, TinyHalf& half) {
    half.declare(
        Scope(declarations_, names.prefix().empty() ? "" : names.prefix().substr(0, names.prefix().size() - 1)), names,
        down);
    if (half.resamplings() != kResamplings) {
      refuse(names,
             fmt::format("TAESD: got {} layers that change the size, need {}", half.resamplings(), kResamplings));
    }
  };
  declare(*file.decoder, false, decoder_);
  const Shape& first = declarations_.front().shape;  // of the decoder's first convolution
  latent_channels_ = first.dim(1);
  width_ = first.dim(0);
  if (file.encoder) declare(*file.encoder, true, encoder_);
}

Tensor Tiny::decode(const Tensor& latent) const {
  require(latent.rank() == 4 && latent.dim(3) == latent_channels_, "[taesd] latent: got {}, need (B, h, w, {})",
          latent.shape().text(), latent_channels_);
  Tensor h = latent.context().empty(latent.shape());
  std::ranges::transform(latent.span<float>(), h.span<float>().begin(), [](float v) { return 3 * std::tanh(v / 3); });
  bool at_first = true;
  for (const TinyHalf::Layer& layer : decoder_.layers) {
    if (layer.block) {
      h = (*layer.block)(h);
    } else {
      if (layer.conv->resamples) h = upsample_nearest(h, 2 * h.dim(1), 2 * h.dim(2));
      h = layer.conv->conv(h);
    }
    if (std::exchange(at_first, false)) h = relu(std::move(h));
  }
  return std::move(h) * 2.0 + -1.0;  // it was trained on colours of 0 to 1
}

Autoencoder::Moments Tiny::encode(const Tensor& picture) const {
  require(has_encoder(), "[taesd] this file has no encoder; use one with both halves");
  Tensor h = (picture + 1.0) * 0.5;
  for (const TinyHalf::Layer& layer : encoder_.layers) h = layer.block ? (*layer.block)(h) : layer.conv->conv(h);
  return {h, h.context().full(h.shape(), -30)};  // it knows no spread
}

std::uint64_t Tiny::working_bytes(std::int64_t batch, std::int64_t height, std::int64_t width) const {
  // A block at full size: its input, the results of two convolutions, and what waits of the smaller ones.
  constexpr std::int64_t kPixels = 64;  // of a place of the latent
  return static_cast<std::uint64_t>(batch * height * width * kPixels * width_ * 4) * sizeof(float);
}

}  // namespace pxf::vae
