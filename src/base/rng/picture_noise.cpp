#include "base/rng/picture_noise.h"

#include <algorithm>
#include <cmath>

namespace pxf {
namespace {

std::vector<float> draw(Generator& generator, std::size_t count) {
  std::vector<float> out(count);
  generator.randn(out);
  return out;
}

/// `inner`, centred, over what `outer` has there; the parts of `inner` that stick out are cut off.
void paste_centred(std::vector<float>& outer, NoiseShape o, const std::vector<float>& inner, NoiseShape i) {
  const auto place = [](std::size_t big, std::size_t small) { return big > small ? (big - small) / 2 : 0; };
  const auto extent = [](std::size_t big, std::size_t small) {
    return small > big ? small - 2 * ((small - big + 1) / 2) : small;
  };
  const std::size_t to_y = place(o.height, i.height), to_x = place(o.width, i.width);
  const auto from = [](std::size_t big, std::size_t small) { return small > big ? (small - big + 1) / 2 : 0; };
  const std::size_t from_y = from(o.height, i.height), from_x = from(o.width, i.width);
  const std::size_t height = extent(o.height, i.height), width = extent(o.width, i.width);
  for (std::size_t c = 0; c < o.channels; ++c) {
    for (std::size_t y = 0; y < height; ++y) {
      const auto source = inner.begin() + static_cast<std::ptrdiff_t>((c * i.height + from_y + y) * i.width + from_x);
      std::copy_n(source, width,
                  outer.begin() + static_cast<std::ptrdiff_t>((c * o.height + to_y + y) * o.width + to_x));
    }
  }
}

}  // namespace

PictureNoise::PictureNoise(GeneratorKind kind, std::uint64_t seed, NoiseShape shape, const SeedVariation& variation)
    : kind_(kind), seed_(seed), shape_(shape), variation_(variation), generator_(make_generator(kind, seed)) {}

std::vector<float> PictureNoise::next() {
  if (!is_first_) return draw(*generator_, shape_.count());
  is_first_ = false;
  std::vector<float> noise = first();
  const std::uint64_t delta = variation_.eta_noise_seed_delta;
  if (delta != 0) generator_ = make_generator(kind_, seed_ + delta);
  return noise;
}

std::vector<float> PictureNoise::first() {
  NoiseShape old = shape_;
  if (variation_.resize_from_height > 0 && variation_.resize_from_width > 0) {
    old = {shape_.channels, variation_.resize_from_height, variation_.resize_from_width};
  }
  const bool resized = !(old == shape_);
  std::vector<float> noise = draw(resized ? *make_generator(kind_, seed_) : *generator_, old.count());
  if (variation_.subseed_strength != 0) {
    const auto other = draw(*make_generator(kind_, variation_.subseed), old.count());
    noise = slerp(variation_.subseed_strength, noise, other, old);
  }
  if (!resized) return noise;
  std::vector<float> fresh = draw(*generator_, shape_.count());
  paste_centred(fresh, shape_, noise, old);
  return fresh;
}

std::vector<float> slerp(double share, std::span<const float> low, std::span<const float> high, NoiseShape shape) {
  const std::size_t columns = shape.channels * shape.width;
  std::vector<double> cosine(columns);
  const auto at = [&](std::size_t column, std::size_t y) {
    return (column / shape.width * shape.height + y) * shape.width + column % shape.width;
  };
  double mean = 0;
  for (std::size_t column = 0; column < columns; ++column) {
    double dot = 0, low_square = 0, high_square = 0;
    for (std::size_t y = 0; y < shape.height; ++y) {
      const double l = low[at(column, y)], h = high[at(column, y)];
      dot += l * h;
      low_square += l * l;
      high_square += h * h;
    }
    cosine[column] = dot / std::sqrt(low_square * high_square);
    mean += cosine[column] / static_cast<double>(columns);
  }
  constexpr double kParallel = 0.9995;
  std::vector<float> out(shape.count());
  for (std::size_t column = 0; column < columns; ++column) {
    double of_low = share, of_high = 1 - share;
    if (mean <= kParallel) {
      const double angle = std::acos(cosine[column]);
      of_low = std::sin((1 - share) * angle) / std::sin(angle);
      of_high = std::sin(share * angle) / std::sin(angle);
    }
    for (std::size_t y = 0; y < shape.height; ++y) {
      const std::size_t i = at(column, y);
      out[i] = static_cast<float>(of_low * low[i] + of_high * high[i]);
    }
  }
  return out;
}

std::vector<float> comfy_batch_noise(std::uint64_t seed, std::size_t batch, NoiseShape shape) {
  return draw(*make_generator(GeneratorKind::torch_cpu, seed), batch * shape.count());
}

std::vector<float> comfy_batch_noise(std::uint64_t seed, std::span<const std::size_t> indices, NoiseShape shape) {
  const auto generator = make_generator(GeneratorKind::torch_cpu, seed);
  std::vector<std::vector<float>> drawn;
  std::vector<float> out;
  for (const std::size_t index : indices) {
    while (drawn.size() <= index) drawn.push_back(draw(*generator, shape.count()));
    out.insert(out.end(), drawn[index].begin(), drawn[index].end());
  }
  return out;
}

}  // namespace pxf
