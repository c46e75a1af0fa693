// The autoencoder in bands of rows. At full size a layer of it takes half a gigabyte a megapixel or one, and a block
// holds several at once: here a block's input and the result of its first convolution are whole, and what lies between
// them exists for one band at a time. Group normalisation, which is what makes tiles of a picture differ (each has a
// mean of its own), is by the moments of the whole layer.
// The bytes are those of the whole: a band of a convolution begins at a multiple of four rows and is given four more
// above it, so that every pixel lies in the same place of the same Winograd tile (backends/cpu/winograd.cpp).
#include <algorithm>

#include "models/vae/vae.h"

namespace pxf::vae {
namespace {

constexpr std::int64_t kTile = 4;
constexpr std::int64_t kLeastRows = 16;  // of a band: fewer, and most of the work is what bands share

Tensor rows_of(const Tensor& picture, std::int64_t begin, std::int64_t end) {
  const std::int64_t h = picture.dim(1), w = picture.dim(2), c = picture.dim(3);
  return picture.reshape({h, w, c}).rows(begin, end).reshape({1, end - begin, w, c});
}

void put_rows(const Tensor& rows, Tensor& into, std::int64_t begin) {
  std::copy_n(rows.f32(), rows.numel(), into.f32() + begin * into.dim(2) * into.dim(3));
}

/// Calls use(begin, end) for bands of `height` rows, from the top, each a multiple of `step` high but for the last.
template <class Use>
void for_each_band(std::int64_t height, std::int64_t row_size, std::int64_t band, std::int64_t step, const Use& use) {
  const std::int64_t rows = std::max(kLeastRows, band / std::max<std::int64_t>(1, row_size)) / step * step;
  for (std::int64_t begin = 0; begin < height; begin += rows) use(begin, std::min(height, begin + rows));
}

class Bands {
 public:
  explicit Bands(std::int64_t band) : band_(band) {}

  /// dst = make(src), where make is a 3x3 convolution and what goes before it place by place; `factor` 2: it doubles
  /// the sides first. `finish` makes of a band's rows [begin, end) what is written.
  template <class Make, class Finish>
  void convolve(const Tensor& src, Tensor& dst, std::int64_t factor, const Make& make, const Finish& finish) const {
    const std::int64_t row_size = dst.dim(2) * std::max(src.dim(3), dst.dim(3));
    for_each_band(dst.dim(1), row_size, band_, kTile * factor, [&](std::int64_t begin, std::int64_t end) {
      const std::int64_t first = std::max<std::int64_t>(0, begin / factor - kTile / factor);
      const std::int64_t last = std::min(src.dim(1), (end + factor - 1) / factor + 1);
      const Tensor made = make(rows_of(src, first, last));
      put_rows(finish(rows_of(made, begin - first * factor, end - first * factor), begin, end), dst, begin);
    });
  }
  template <class Make>
  Tensor convolved(const Tensor& src, std::int64_t channels, std::int64_t factor, const Make& make) const {
    Tensor dst = src.context().empty({1, src.dim(1) * factor, src.dim(2) * factor, channels});
    convolve(src, dst, factor, make, [](Tensor rows, std::int64_t, std::int64_t) { return rows; });
    return dst;
  }

  Tensor resnet(const ResnetBlock& block, Tensor x) const {
    const std::int64_t channels = block.conv1.weight.shape().dim(0);
    const GroupMoments of_x = block.norm1.moments(x);
    const Tensor h =
        convolved(x, channels, 1, [&](const Tensor& rows) { return block.conv1(block.norm1.silu(rows, of_x)); });
    const GroupMoments of_h = block.norm2.moments(h);
    Tensor dst = result_of(x, channels);
    convolve(
        h, dst, 1, [&](const Tensor& rows) { return block.conv2(block.norm2.silu(rows, of_h)); },
        [&](Tensor rows, std::int64_t begin, std::int64_t end) {
          const Tensor from = rows_of(x, begin, end);
          return std::move(rows) + (block.nin_shortcut ? (*block.nin_shortcut)(from) : from);
        });
    return dst;
  }

  /// conv halves the sides, padded below and to the right alone.
  Tensor halved(const Conv2d& conv, const Tensor& x) const {
    Tensor dst = x.context().empty({1, x.dim(1) / 2, x.dim(2) / 2, x.dim(3)});
    for_each_band(dst.dim(1), x.dim(2) * x.dim(3), band_, 1, [&](std::int64_t begin, std::int64_t end) {
      put_rows(conv(rows_of(x, 2 * begin, std::min(x.dim(1), 2 * end + 1))), dst, begin);
    });
    return dst;
  }

 private:
  /// Where a block's result goes: over its input where it takes no more room, for a band's result is written when its
  /// input is read, and never reaches into the rows below.
  static Tensor result_of(const Tensor& x, std::int64_t channels) {
    const Shape shape = x.shape().with(3, channels);
    if (channels > x.dim(3)) return x.context().empty(shape);
    return x.reshape({x.numel()}).rows(0, shape.numel()).reshape(shape);
  }

  std::int64_t band_;
};

std::int64_t widest(const HalfLayout::Level& level, std::int64_t otherwise) {
  return level.widths.empty() ? otherwise : std::ranges::max(level.widths);
}

}  // namespace

Tensor Vae::decode_in_bands(const Tensor& latent, std::int64_t band) const {
  check_latent(latent);
  require(latent.dim(0) == 1, "[vae] bands: got {} pictures, need one", latent.dim(0));
  const Bands bands(band);
  Tensor h = decoder_.mid(decoder_.conv_in(layout_.quant ? post_quant_conv_(latent) : latent));
  for (std::size_t i = decoder_.levels.size(); i-- > 0;) {
    for (const ResnetBlock& block : decoder_.levels[i].blocks) h = bands.resnet(block, std::move(h));
    if (const auto& up = decoder_.levels[i].resample) {
      h = bands.convolved(h, h.dim(3), 2, [&](const Tensor& rows) {
        return (*up)(upsample_nearest(rows, 2 * rows.dim(1), 2 * rows.dim(2)));
      });
    }
  }
  const GroupMoments moments = decoder_.norm_out.moments(h);
  return bands.convolved(h, layout_.decoder.channels, 1,
                         [&](const Tensor& rows) { return decoder_.conv_out(decoder_.norm_out.silu(rows, moments)); });
}

Autoencoder::Moments Vae::encode_in_bands(const Tensor& picture, std::int64_t band) const {
  check_picture(picture);
  require(picture.dim(0) == 1, "[vae] bands: got {} pictures, need one", picture.dim(0));
  const Bands bands(band);
  Tensor h = bands.convolved(picture, layout_.encoder->first, 1, encoder_.conv_in);
  for (const Level& level : encoder_.levels) {
    for (const ResnetBlock& block : level.blocks) h = bands.resnet(block, std::move(h));
    if (level.resample) h = bands.halved(*level.resample, h);
  }
  return moments_of(encoder_.conv_out(encoder_.norm_out.silu(encoder_.mid(h))));
}

std::uint64_t Vae::working_bytes_in_bands(std::int64_t height, std::int64_t width, std::int64_t band) const {
  // A level's input and the result of its first convolution, the largest of them whole; the middle, which is never cut,
  // holds about six layers; and as many bands. Measured: tests/models/vae_bands_test.cpp.
  const HalfLayout& half = layout_.decoder;
  std::int64_t most = 6 * half.middle * height * width, in = half.middle;
  for (std::size_t i = half.levels.size(), scale = 1; i-- > 0; scale *= 2) {
    const auto side = static_cast<std::int64_t>(scale);
    const std::int64_t out = widest(half.levels[i], in);
    most = std::max(most, height * side * width * side * (std::max(in, out) + out + (out > in ? out : 0)));
    in = out;
  }
  const std::int64_t scale = std::int64_t{1} << (half.levels.empty() ? 0 : half.levels.size() - 1);
  const std::int64_t row = width * scale * in;
  const std::int64_t largest = std::min(std::max(band, kLeastRows * row), height * scale * row);
  return std::min(working_bytes(1, height, width), static_cast<std::uint64_t>(most + 6 * largest) * sizeof(float));
}

}  // namespace pxf::vae
