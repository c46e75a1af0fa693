#include "ops/norm.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "backends/cpu/cpu.h"
#include "backends/cpu/kernels.h"

namespace pxf {
namespace {

// A chunk of places is read twice (sums, then squares about its own mean); 128 KiB of it stay in the cache in between.
constexpr std::int64_t kChunkFloats = 32768;

struct Moments {
  double count = 0, mean = 0, squares = 0;  // squares: sum of squared distances from the mean
};

// Chan, Golub and LeVeque 1979: moments of two sets together.
Moments joined(const Moments& a, const Moments& b) {
  if (a.count == 0) return b;
  const double count = a.count + b.count, away = b.mean - a.mean;
  return {count, a.mean + away * b.count / count, a.squares + b.squares + away * away * a.count * b.count / count};
}

// Moments of each group over `places` rows, written to out[0 ... groups).
void chunk_moments(const float* x, std::int64_t places, std::int64_t channels, std::int64_t groups, Moments* out) {
  const NormKernels& kernels = norm_kernels();
  const std::int64_t size = channels / groups;
  std::vector<float> sum(static_cast<std::size_t>(channels)), squares(sum.size()), centre(sum.size());
  kernels.sum(x, places, channels, sum.data());
  const auto count = static_cast<double>(places * size);
  for (std::int64_t g = 0; g < groups; ++g) {
    double total = 0;
    for (std::int64_t c = g * size; c < (g + 1) * size; ++c) total += sum[static_cast<std::size_t>(c)];
    std::fill_n(centre.begin() + g * size, size, static_cast<float>(total / count));
    out[g] = {count, total / count, 0};
  }
  kernels.squares(x, places, channels, centre.data(), squares.data());
  for (std::int64_t g = 0; g < groups; ++g) {
    for (std::int64_t c = g * size; c < (g + 1) * size; ++c) out[g].squares += squares[static_cast<std::size_t>(c)];
    // The squares were taken about the mean rounded to f32.
    const double slip = centre[static_cast<std::size_t>(g * size)] - out[g].mean;
    out[g].squares -= count * slip * slip;
  }
}

// The places of a batch of pictures, cut into chunks.
struct Chunks {
  explicit Chunks(const Tensor& src)
      : batch(src.dim(0)),
        channels(src.dim(-1)),
        places(src.numel() / batch / channels),
        each(std::max<std::int64_t>(1, kChunkFloats / channels)),
        of_picture((places + each - 1) / each) {}

  std::int64_t count() const { return batch * of_picture; }
  std::int64_t picture(std::int64_t i) const { return i / of_picture; }
  /// Of its first number.
  std::int64_t at(std::int64_t i) const { return (picture(i) * places + i % of_picture * each) * channels; }
  std::int64_t length(std::int64_t i) const { return std::min(each, places - i % of_picture * each); }

  std::int64_t batch, channels, places, each, of_picture;
};

void run_group_moments(Context& ctx, const GroupMomentsDesc& d) {
  const Chunks chunks(d.src);
  const float* src = d.src.f32();
  std::vector<Moments> moments(static_cast<std::size_t>(chunks.count() * d.groups));
  ctx.threads().parallel_for(chunks.count(), [&](std::int64_t i) {
    chunk_moments(src + chunks.at(i), chunks.length(i), chunks.channels, d.groups, moments.data() + i * d.groups);
  });
  for (std::int64_t b = 0; b < chunks.batch; ++b) {
    for (std::int64_t g = 0; g < d.groups; ++g) {
      Moments all;
      for (std::int64_t i = 0; i < chunks.of_picture; ++i) {
        all = joined(all, moments[static_cast<std::size_t>((b * chunks.of_picture + i) * d.groups + g)]);
      }
      d.dst.mean[static_cast<std::size_t>(b * d.groups + g)] = all.mean;
      d.dst.variance[static_cast<std::size_t>(b * d.groups + g)] = all.squares / all.count;
    }
  }
}

void run_group_norm(Context& ctx, const GroupNormDesc& d) {
  if (d.src.numel() == 0) return;
  const Chunks chunks(d.src);
  const std::int64_t batch = chunks.batch, channels = chunks.channels;
  const GroupMoments moments = d.moments != nullptr ? *d.moments : group_moments(d.src, d.groups);

  // What each picture's channels are centred on, scaled by and shifted by.
  const std::int64_t size = channels / d.groups;
  std::vector<float> centre(static_cast<std::size_t>(batch * channels)), scale(centre.size());
  const std::span<const float> gamma = d.gamma.f32(), beta = d.beta.f32();
  for (std::int64_t b = 0; b < batch; ++b) {
    for (std::int64_t g = 0; g < d.groups; ++g) {
      const auto of_group = static_cast<std::size_t>(b * d.groups + g);
      const double inverse = 1 / std::sqrt(moments.variance[of_group] + d.eps);
      for (std::int64_t c = g * size; c < (g + 1) * size; ++c) {
        centre[static_cast<std::size_t>(b * channels + c)] = static_cast<float>(moments.mean[of_group]);
        scale[static_cast<std::size_t>(b * channels + c)] =
            static_cast<float>(gamma[static_cast<std::size_t>(c)] * inverse);
      }
    }
  }
  const float* src = d.src.f32();
  float* dst = d.dst.f32();
  ctx.threads().parallel_for(chunks.count(), [&](std::int64_t i) {
    const std::int64_t first = chunks.picture(i) * channels;
    norm_kernels().apply(src + chunks.at(i), chunks.length(i), channels, centre.data() + first, scale.data() + first,
                         beta.data(), d.silu, dst + chunks.at(i));
  });
}

void run_layer_norm(Context& ctx, const LayerNormDesc& d) {
  const std::int64_t channels = d.src.dim(-1), rows = channels == 0 ? 0 : d.src.numel() / channels;
  const float* gamma = d.gamma.f32().data();
  const float* beta = d.beta.f32().data();
  const float* src = d.src.f32();
  float* dst = d.dst.f32();
  constexpr std::int64_t kRows = 64;
  ctx.threads().parallel_for((rows + kRows - 1) / kRows, [&](std::int64_t task) {
    for (std::int64_t r = task * kRows; r < std::min(rows, (task + 1) * kRows); ++r) {
      norm_kernels().layer_norm_row(src + r * channels, channels, gamma, beta, static_cast<float>(d.eps),
                                    dst + r * channels);
    }
  });
}

}  // namespace

void add_cpu_norm(Backend& backend) {
  backend.add<GroupNormDesc>({"chunked", [](const GroupNormDesc&) { return kAccepted; }, run_group_norm});
  backend.add<GroupMomentsDesc>({"chunked", [](const GroupMomentsDesc&) { return kAccepted; }, run_group_moments});
  backend.add<LayerNormDesc>({"rows", [](const LayerNormDesc&) { return kAccepted; }, run_layer_norm});
}

}  // namespace pxf
