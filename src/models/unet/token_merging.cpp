#include "models/unet/token_merging.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "ops/linear.h"

namespace pxf::unet {
namespace {

constexpr std::int64_t kMostCosines = std::int64_t{4} << 20;  // at once

/// These places of one picture, each divided by its length: (places, C).
std::vector<float> directions(const Tensor& x, std::int64_t picture, std::span<const std::int64_t> places) {
  const std::int64_t channels = x.dim(2);
  std::vector<float> out(places.size() * static_cast<std::size_t>(channels));
  const float* const from = x.f32() + picture * x.dim(1) * channels;
  x.context().threads().parallel_for(std::ssize(places), [&](std::int64_t i) {
    const float* const row = from + places[static_cast<std::size_t>(i)] * channels;
    float* const to = out.data() + i * channels;
    double sum = 0;
    for (std::int64_t c = 0; c < channels; ++c) sum += static_cast<double>(row[c]) * row[c];
    const auto scale = static_cast<float>(sum > 0 ? 1 / std::sqrt(sum) : 0);
    for (std::int64_t c = 0; c < channels; ++c) to[c] = row[c] * scale;
  });
  return out;
}

}  // namespace

MergedPlaces::MergedPlaces(const Tensor& x, const Sides& sides, double ratio) : pictures_(x.dim(0)), places_(x.dim(1)) {
  require(places_ == sides.height * sides.width, "[token merging] {} places for a map of {}x{}", places_, sides.width,
          sides.height);
  // The last row and column of odd sides are in no square of four.
  const std::int64_t height = sides.height / 2 * 2, width = sides.width / 2 * 2;
  for (std::int64_t at = 0; at < places_; ++at) {
    const std::int64_t row = at / sides.width, column = at % sides.width;
    (row < height && column < width && row % 2 == 0 && column % 2 == 0 ? stay_ : others_).push_back(at);
  }
  const auto wanted = static_cast<std::int64_t>(static_cast<double>(places_) * ratio);
  const std::int64_t count = stay_.empty() ? 0 : std::min<std::int64_t>(wanted, std::ssize(others_));
  merged_ = places_ - count;
  into_.resize(static_cast<std::size_t>(pictures_ * places_));
  for (std::int64_t picture = 0; picture < pictures_; ++picture) match(x, picture, count);
}

MergedPlaces::Match MergedPlaces::matches(const Tensor& x, std::int64_t picture) const {
  const std::int64_t channels = x.dim(2), others = std::ssize(others_), stay = std::ssize(stay_);
  const WithPrecision exactly(x.context(), Precision::exact);  // alike is alike, whatever layers are computed in
  const Weight staying = Weight::of(directions(x, picture, stay_), {stay, channels});
  const Tensor all = x.context().from(directions(x, picture, others_), {others, channels});
  Match out{std::vector<float>(others_.size(), -std::numeric_limits<float>::infinity()),
            std::vector<std::int64_t>(others_.size())};
  const std::int64_t rows = std::max<std::int64_t>(1, kMostCosines / stay);
  for (std::int64_t begin = 0; begin < others; begin += rows) {
    const Tensor cosines = linear(all.rows(begin, std::min(others, begin + rows)), staying, nullptr);
    x.context().threads().parallel_for(cosines.dim(0), [&, from = cosines.f32()](std::int64_t i) {
      const auto to = static_cast<std::size_t>(begin + i);
      for (std::int64_t k = 0; k < stay; ++k) {
        if (from[i * stay + k] <= out.similarity[to] || std::isnan(from[i * stay + k])) continue;
        out.similarity[to] = from[i * stay + k];
        out.with[to] = k;
      }
    });
  }
  return out;
}

void MergedPlaces::match(const Tensor& x, std::int64_t picture, std::int64_t count) {
  std::int64_t* const into = into_.data() + picture * places_;
  std::vector<std::int64_t> goes(static_cast<std::size_t>(places_), -1);  // to which place
  if (count > 0) {
    const Match found = matches(x, picture);
    std::vector<std::size_t> order(others_.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(order, std::ranges::greater(), [&](std::size_t i) { return found.similarity[i]; });
    for (const std::size_t i : std::span(order).first(static_cast<std::size_t>(count))) {
      goes[static_cast<std::size_t>(others_[i])] = stay_[static_cast<std::size_t>(found.with[i])];
    }
  }
  std::int64_t next = 0;
  for (std::int64_t at = 0; at < places_; ++at) {
    if (goes[static_cast<std::size_t>(at)] < 0) into[at] = next++;
  }
  for (std::int64_t at = 0; at < places_; ++at) {
    if (const std::int64_t to = goes[static_cast<std::size_t>(at)]; to >= 0) into[at] = into[to];
  }
}

Tensor MergedPlaces::merge(const Tensor& x) const {
  const std::int64_t channels = x.dim(2);
  Tensor out = x.context().full({pictures_, merged_, channels}, 0);
  std::vector<float> counts(static_cast<std::size_t>(pictures_ * merged_));
  for (std::int64_t i = 0; i < pictures_ * places_; ++i) {
    counts[static_cast<std::size_t>(i / places_ * merged_ + into_[static_cast<std::size_t>(i)])] += 1;
  }
  // Several places go into one: so that no two threads write it, each takes channels of its own, in a cache line.
  constexpr std::int64_t kChannels = 64;
  const std::int64_t parts = (channels + kChannels - 1) / kChannels;
  x.context().threads().parallel_for(pictures_ * parts, [&, from = x.f32(), to = out.f32()](std::int64_t task) {
    const std::int64_t picture = task / parts, begin = task % parts * kChannels;
    const std::int64_t end = std::min(channels, begin + kChannels);
    for (std::int64_t at = 0; at < places_; ++at) {
      const std::int64_t place = picture * places_ + at;
      const float* const row = from + place * channels;
      float* const sum = to + (picture * merged_ + into_[static_cast<std::size_t>(place)]) * channels;
      for (std::int64_t c = begin; c < end; ++c) sum[c] += row[c];
    }
    for (std::int64_t at = picture * merged_; at < (picture + 1) * merged_; ++at) {
      if (counts[static_cast<std::size_t>(at)] == 1) continue;
      const float share = 1 / counts[static_cast<std::size_t>(at)];
      for (std::int64_t c = begin; c < end; ++c) to[at * channels + c] *= share;
    }
  });
  return out;
}

Tensor MergedPlaces::unmerge(const Tensor& x) const {
  const std::int64_t channels = x.dim(2);
  Tensor out = x.context().empty({pictures_, places_, channels});
  x.context().threads().parallel_for(pictures_ * places_, [&, from = x.f32(), to = out.f32()](std::int64_t place) {
    const std::int64_t row = place / places_ * merged_ + into_[static_cast<std::size_t>(place)];
    std::copy_n(from + row * channels, channels, to + place * channels);
  });
  return out;
}

Tensor with_merged_places(const TransformerBlock& block, const Tensor& x, const Tensor& context, const Sides& sides,
                          double ratio) {
  const MergedPlaces places(x, sides, ratio);
  const Tensor n = places.merge(block.norm1(x));
  return block.after_self_attention(places.unmerge(block.attn1(n, n)) + x, context);
}

}  // namespace pxf::unet
