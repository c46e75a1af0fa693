#include "ops/norm.h"

#include <cmath>

#include "backends/reference/reference.h"

namespace pxf {
namespace {

void run_group_moments(Context& ctx, const GroupMomentsDesc& d) {
  const std::int64_t batch = d.src.dim(0), channels = d.src.dim(-1), size = channels / d.groups;
  const std::int64_t places = d.src.numel() / batch / channels;
  const float* src = d.src.f32();
  const double count = static_cast<double>(places * size);
  ctx.threads().parallel_for(batch * d.groups, [&](std::int64_t task) {
    const std::int64_t first = task / d.groups * places * channels + task % d.groups * size;
    double sum = 0, squares = 0;
    for (std::int64_t p = 0; p < places; ++p) {
      for (std::int64_t c = 0; c < size; ++c) sum += src[first + p * channels + c];
    }
    const double mean = sum / count;
    for (std::int64_t p = 0; p < places; ++p) {
      for (std::int64_t c = 0; c < size; ++c) {
        const double centred = src[first + p * channels + c] - mean;
        squares += centred * centred;
      }
    }
    d.dst.mean[static_cast<std::size_t>(task)] = mean;
    d.dst.variance[static_cast<std::size_t>(task)] = squares / count;
  });
}

void run_group_norm(Context& ctx, const GroupNormDesc& d) {
  if (d.src.numel() == 0) return;
  const std::int64_t batch = d.src.dim(0), channels = d.src.dim(-1), size = channels / d.groups;
  const std::int64_t places = d.src.numel() / batch / channels;
  const GroupMoments moments = d.moments != nullptr ? *d.moments : group_moments(d.src, d.groups);
  const float* src = d.src.f32();
  const float* gamma = d.gamma.f32().data();
  const float* beta = d.beta.f32().data();
  float* dst = d.dst.f32();
  ctx.threads().parallel_for(batch * d.groups, [&](std::int64_t task) {
    const std::int64_t first = task / d.groups * places * channels + task % d.groups * size;
    const std::int64_t channel = task % d.groups * size;
    const double mean = moments.mean[static_cast<std::size_t>(task)];
    const double inverse = 1 / std::sqrt(moments.variance[static_cast<std::size_t>(task)] + d.eps);
    for (std::int64_t p = 0; p < places; ++p) {
      for (std::int64_t c = 0; c < size; ++c) {
        const std::int64_t i = first + p * channels + c;
        const double y = (src[i] - mean) * inverse * gamma[channel + c] + beta[channel + c];
        dst[i] = static_cast<float>(d.silu ? y / (1 + std::exp(-y)) : y);
      }
    }
  });
}

void run_layer_norm(Context& ctx, const LayerNormDesc& d) {
  const std::int64_t channels = d.src.dim(-1), rows = channels == 0 ? 0 : d.src.numel() / channels;
  const float* gamma = d.gamma.f32().data();
  const float* beta = d.beta.f32().data();
  const float* src = d.src.f32();
  float* dst = d.dst.f32();
  ctx.threads().parallel_for(rows, [&](std::int64_t row) {
    const float* x = src + row * channels;
    double sum = 0, squares = 0;
    for (std::int64_t c = 0; c < channels; ++c) sum += x[c];
    const double mean = sum / static_cast<double>(channels);
    for (std::int64_t c = 0; c < channels; ++c) squares += (x[c] - mean) * (x[c] - mean);
    const double inverse = 1 / std::sqrt(squares / static_cast<double>(channels) + d.eps);
    for (std::int64_t c = 0; c < channels; ++c) {
      dst[row * channels + c] = static_cast<float>((x[c] - mean) * inverse * gamma[c] + beta[c]);
    }
  });
}

}  // namespace

void add_reference_norm(Backend& backend) {
  backend.add<GroupNormDesc>({"reference", [](const GroupNormDesc&) { return kAccepted; }, run_group_norm});
  backend.add<GroupMomentsDesc>({"reference", [](const GroupMomentsDesc&) { return kAccepted; }, run_group_moments});
  backend.add<LayerNormDesc>({"reference", [](const LayerNormDesc&) { return kAccepted; }, run_layer_norm});
}

}  // namespace pxf
