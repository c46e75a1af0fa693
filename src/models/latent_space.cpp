#include "models/family.h"
#include "ops/elementwise.h"

namespace pxf {
namespace {

/// x (B, H, W, C) times a factor and plus a term of each channel.
Tensor affine_by_channel(Tensor x, std::span<const double> factors, std::span<const double> terms) {
  Tensor out = x.context().empty(x.shape());
  const auto channels = static_cast<std::int64_t>(factors.size());
  for (std::int64_t i = 0; i < x.numel(); ++i) {
    const auto c = static_cast<std::size_t>(i % channels);
    out.f32()[i] = static_cast<float>(x.f32()[i] * factors[c] + terms[c]);
  }
  return out;
}

}  // namespace

Tensor latent_from(const LatentSpace& space, Tensor mean) {
  if (space.channel_means.empty()) return (std::move(mean) + -space.shift) * space.scale;
  std::vector<double> factors, terms;
  for (std::size_t c = 0; c < space.channel_means.size(); ++c) {
    factors.push_back(space.scale / space.channel_deviations[c]);
    terms.push_back(-space.channel_means[c] * factors[c]);
  }
  return affine_by_channel(std::move(mean), factors, terms);
}

Tensor mean_from(const LatentSpace& space, Tensor latent) {
  if (space.channel_means.empty()) return std::move(latent) * (1 / space.scale) + space.shift;
  std::vector<double> factors;
  for (const double deviation : space.channel_deviations) factors.push_back(deviation / space.scale);
  return affine_by_channel(std::move(latent), factors, space.channel_means);
}

}  // namespace pxf
