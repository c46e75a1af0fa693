#include "sampling/guidance.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/error.h"
#include "ops/elementwise.h"

namespace pxf {
namespace {

/// f(the pictures' elements) for each picture of the batch; f takes a span of float or double.
template <class F>
std::vector<double> by_picture(const Tensor& x, const F& f) {
  std::vector<double> out;
  for (std::int64_t b = 0; b < x.dim(0); ++b) {
    const Tensor picture = x.rows(b, b + 1);
    out.push_back(x.dtype() == DType::f64 ? f(picture.span<double>()) : f(picture.span<float>()));
  }
  return out;
}

/// Sum of x * y for each picture.
std::vector<double> dot(const Tensor& x, const Tensor& y) {
  return by_picture(x * y, [](auto values) {
    double sum = 0;
    for (const double v : values) sum += v;
    return sum;
  });
}

std::vector<double> standard_deviation(const Tensor& x) {
  return by_picture(x, [](auto values) {
    const double n = static_cast<double>(values.size());
    double sum = 0, squares = 0;
    for (const double v : values) sum += v;
    for (const double v : values) squares += (v - sum / n) * (v - sum / n);
    return std::sqrt(squares / (n - 1));
  });
}

/// f(picture, element) in the place of every element.
template <class T, class F>
Tensor mapped(const Tensor& x, const F& f) {
  Tensor out = x.context().empty(x.shape(), x.dtype());
  const auto from = x.span<T>();
  const auto to = out.span<T>();
  const std::size_t size = from.size() / static_cast<std::size_t>(x.dim(0));
  for (std::size_t i = 0; i < from.size(); ++i) to[i] = static_cast<T>(f(i / size, double{from[i]}));
  return out;
}
template <class F>
Tensor map(const Tensor& x, const F& f) {
  return x.dtype() == DType::f64 ? mapped<double>(x, f) : mapped<float>(x, f);
}

Tensor scaled(const Tensor& x, const std::vector<double>& factors) {
  return map(x, [&](std::size_t picture, double v) { return v * factors[picture]; });
}

/// Between the two values nearest to that share of the way up, as torch.quantile.
double quantile(std::vector<double> values, double share) {
  std::ranges::sort(values);
  const double at = share * static_cast<double>(values.size() - 1);
  const auto low = static_cast<std::size_t>(at), high = std::min(low + 1, values.size() - 1);
  return std::lerp(values[low], values[high], at - static_cast<double>(low));
}

/// One channel of a picture: its mean, and how far its values lie from it, by quantile.
struct Spread {
  double mean = 0;
  std::vector<double> distances = {};

  double at(double share) const { return quantile(distances, share); }
};

/// `values` begin at the channel's first; the next place's is `channels` further on.
template <class T>
Spread spread_of(std::span<const T> values, std::size_t channels) {
  Spread out;
  for (std::size_t i = 0; i < values.size(); i += channels) out.distances.push_back(double{values[i]});
  for (const double v : out.distances) out.mean += v / static_cast<double>(out.distances.size());
  for (double& v : out.distances) v = std::abs(v - out.mean);
  return out;
}

template <class T>
Tensor in_range_of(const Tensor& guided, const Tensor& mimicked, double percentile) {
  const auto pictures = static_cast<std::size_t>(guided.dim(0)), channels = static_cast<std::size_t>(guided.dim(-1));
  const std::size_t size = static_cast<std::size_t>(guided.numel()) / pictures;
  Tensor out = guided.context().empty(guided.shape(), guided.dtype());
  for (std::size_t c = 0; c < pictures * channels; ++c) {
    const std::size_t first = c / channels * size + c % channels, count = size - c % channels;
    const auto from = guided.span<T>().subspan(first, count);
    const auto to = out.span<T>().subspan(first, count);
    const Spread spread = spread_of(from, channels);
    const double range = spread_of(mimicked.span<T>().subspan(first, count), channels).at(1);
    const double limit = std::max(range, spread.at(percentile));
    const double gain = limit > 0 ? range / limit : 0;
    for (std::size_t i = 0; i < count; i += channels) {
      to[i] = static_cast<T>(std::clamp(from[i] - spread.mean, -limit, limit) * gain + spread.mean);
    }
  }
  return out;
}

}  // namespace

Tensor cfg(Tensor cond, const Tensor& uncond, double scale) {
  return weighted_sum(scale, std::move(cond), 1 - scale, uncond);
}

Tensor all_of(std::span<const Tensor> conds, std::span<const double> weights, const Tensor& uncond) {
  require(conds.size() == weights.size(), "[guidance] weights: got {}, need {}, one a condition", weights.size(),
          conds.size());
  Tensor out = uncond;
  for (std::size_t i = 0; i < conds.size(); ++i) {
    out = weighted_sum(1, std::move(out), weights[i], conds[i] - uncond);
  }
  return out;
}

bool acts_at(const GuidanceInterval& when, int step, int steps, double sigma) {
  if (sigma > when.sigma_start || sigma < when.sigma_end) return false;
  const auto step_of = [&](double share) { return static_cast<int>(share * steps); };
  return step >= step_of(when.start) && (when.end >= 1 || step < step_of(when.end));
}

double GuidanceScale::at(int step, double sigma) const {
  if (!acts_at(interval, step, steps, sigma)) return 1;
  if (by_step.empty()) return scale;
  return by_step[std::min(static_cast<std::size_t>(std::max(step, 0)), by_step.size() - 1)];
}

Tensor rescale_to(const Tensor& guided, const Tensor& cond, double amount) {
  const auto wanted = standard_deviation(cond);
  auto factors = standard_deviation(guided);
  for (std::size_t b = 0; b < factors.size(); ++b) factors[b] = std::lerp(1.0, wanted[b] / factors[b], amount);
  return scaled(guided, factors);
}

Tensor dynamic_threshold(const Tensor& denoised, double share, double most) {
  const auto limits = by_picture(denoised, [&](auto values) {
    std::vector<double> sizes;
    for (const double v : values) sizes.push_back(std::abs(v));
    return std::clamp(quantile(std::move(sizes), share), 1.0, std::max(1.0, most));
  });
  return map(denoised, [&](std::size_t picture, double v) {
    const double limit = limits[picture];
    return std::clamp(v, -limit, limit) / limit;
  });
}

Tensor in_range_of(const Tensor& guided, const Tensor& mimicked, double percentile) {
  return guided.dtype() == DType::f64 ? in_range_of<double>(guided, mimicked, percentile)
                                      : in_range_of<float>(guided, mimicked, percentile);
}

Tensor cfg_zero_star(const Tensor& cond, const Tensor& uncond, double scale) {
  constexpr double kNotZero = 1e-8;
  auto explained = dot(cond, uncond);
  const auto squares = dot(uncond, uncond);
  for (std::size_t b = 0; b < explained.size(); ++b) explained[b] /= squares[b] + kNotZero;
  return cfg(cond, scaled(uncond, explained), scale);
}

Tensor ProjectedGuidance::operator()(const Tensor& cond, const Tensor& uncond, double scale) {
  Tensor difference = cond - uncond;
  if (options_.momentum != 0) {
    if (running_.defined()) difference = weighted_sum(1, std::move(difference), options_.momentum, running_);
    running_ = difference;
  }
  if (options_.norm_threshold > 0) {
    auto factors = dot(difference, difference);
    for (double& factor : factors) factor = std::min(1.0, options_.norm_threshold / std::sqrt(factor));
    difference = scaled(difference, factors);
  }
  auto shares = dot(difference, cond);
  const auto squares = dot(cond, cond);
  for (std::size_t b = 0; b < shares.size(); ++b) shares[b] = squares[b] > 0 ? shares[b] / squares[b] : 0;
  const Tensor along = scaled(cond, shares);
  // The paper's equation 9: from cond on, with scale - 1.
  return cond + (difference - along * (1 - options_.eta)) * (scale - 1);
}

}  // namespace pxf
