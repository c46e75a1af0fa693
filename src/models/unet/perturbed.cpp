#include "models/unet/perturbed.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "ops/elementwise.h"

namespace pxf::unet {
namespace {

constexpr double kUniform = 9999;  // wider than this is the mean

/// A normalised Gaussian over an odd number of places: six sigmas, but no more than the mirror can fill.
std::vector<float> gaussian(double sigma, std::int64_t places) {
  const auto wanted = static_cast<std::int64_t>(std::ceil(6 * std::min(sigma, kUniform)));
  const std::int64_t size = std::min(wanted + 1 - wanted % 2, places + 1 - places % 2);
  const std::int64_t middle = size / 2;
  std::vector<double> weights(static_cast<std::size_t>(size));
  double sum = 0;
  for (std::int64_t i = 0; i < size; ++i) {
    const double at = static_cast<double>(i - middle) / sigma;
    sum += weights[static_cast<std::size_t>(i)] = std::exp(-at * at / 2);
  }
  std::vector<float> out(weights.size());
  std::ranges::transform(weights, out.begin(), [&](double weight) { return static_cast<float>(weight / sum); });
  return out;
}

/// Along the middle extent of (outer, places, inner) elements.
Tensor blur_along(const Tensor& src, std::int64_t outer, std::int64_t places, double sigma) {
  const std::vector<float> kernel = gaussian(sigma, places);
  const std::int64_t inner = src.numel() / (outer * places), reach = std::ssize(kernel) / 2;
  Tensor dst = src.context().empty(src.shape());
  const float* from = src.f32();
  float* const to = dst.f32();
  src.context().threads().parallel_for(outer * places, [&](std::int64_t task) {
    const std::int64_t begin = task / places * places, place = task % places;
    float* const row = to + task * inner;
    std::fill_n(row, inner, 0.0f);
    for (std::int64_t k = -reach; k <= reach; ++k) {
      std::int64_t at = std::abs(place + k);         // mirrored at the first place
      if (at >= places) at = 2 * (places - 1) - at;  // and at the last
      const float weight = kernel[static_cast<std::size_t>(k + reach)];
      const float* const seen = from + (begin + at) * inner;
      for (std::int64_t c = 0; c < inner; ++c) row[c] += weight * seen[c];
    }
  });
  return dst;
}

/// Every place gets its picture's mean.
Tensor mean_everywhere(const Tensor& x) {
  const std::int64_t places = x.dim(1);
  const auto channels = static_cast<std::size_t>(x.dim(2));
  Tensor out = x.context().empty(x.shape());
  x.context().threads().parallel_for(x.dim(0), [&, from = x.f32(), to = out.f32()](std::int64_t picture) {
    std::vector<double> sums(channels);
    const std::int64_t begin = picture * places, end = begin + places;
    for (std::int64_t place = begin; place < end; ++place) {
      const float* const row = from + place * x.dim(2);
      for (std::size_t c = 0; c < channels; ++c) sums[c] += row[c];
    }
    for (double& sum : sums) sum /= static_cast<double>(places);
    for (std::int64_t place = begin; place < end; ++place) {
      std::ranges::transform(sums, to + place * x.dim(2), [](double mean) { return static_cast<float>(mean); });
    }
  });
  return out;
}

Tensor perturbed(const TransformerBlock& block, Tensor x, const Tensor& context, const Sides& sides,
                 const Perturbation& how) {
  if (how.kind == Perturbation::Kind::skipped) return x;
  const Tensor n = block.norm1(x);
  const CrossAttention& attn = block.attn1;
  if (how.kind == Perturbation::Kind::identity_attention) {
    x = attn.to_out(attn.to_v(n)) + x;  // the matrix of attention is the identity
  } else {
    const Tensor q = gaussian_blur(attn.to_q(n), sides, how.blur_sigma);
    x = attn.to_out(attention(q, attn.to_k(n), attn.to_v(n), attn.heads)) + x;
  }
  return block.after_self_attention(std::move(x), context);
}

}  // namespace

Tensor gaussian_blur(const Tensor& x, const Sides& sides, double sigma) {
  if (sigma > kUniform) return mean_everywhere(x);
  const Tensor wide = blur_along(x, x.dim(0) * sides.height, sides.width, sigma);
  return blur_along(wide, x.dim(0), sides.height, sigma);
}

Tensor with_perturbed_rows(const TransformerBlock& block, std::size_t number, const Tensor& x, const Tensor& context,
                           const Sides& sides, std::span<const Perturbation* const> rows,
                           const std::function<Tensor(const Tensor&, const Tensor&)>& plain) {
  const auto of_row = [&](std::int64_t row) {
    const Perturbation* how = rows[static_cast<std::size_t>(row)];
    return how != nullptr && how->blocks.at(number) ? how : nullptr;
  };
  std::vector<Tensor> parts;
  for (std::int64_t begin = 0, end = 0; begin < x.dim(0); begin = end) {
    const Perturbation* const how = of_row(begin);
    while (end < x.dim(0) && of_row(end) == how) ++end;
    const Tensor part = x.rows(begin, end), text = context.rows(begin, end);
    parts.push_back(how != nullptr ? perturbed(block, part, text, sides, *how) : plain(part, text));
  }
  return parts.size() == 1 ? parts[0] : concat_batch(parts);
}

}  // namespace pxf::unet
