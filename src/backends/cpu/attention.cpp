// Attention block by block: scores of a block of keys for a panel of queries, streaming softmax, product with the
// values; the N x N matrix never exists. Dao et al. 2022 ("FlashAttention"), on the tile kernels.
// Everything is transposed: scores are (keys, queries), so that softmax runs down columns that lie side by side in
// vectors, what it leaves is at once the second product's panel, and a head's width need not fill vectors. Keys and
// values are read where they are.
#include "ops/attention.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <optional>
#include <vector>

#include "backends/cpu/aligned_floats.h"
#include "backends/cpu/cpu.h"
#include "backends/cpu/kernels.h"

namespace pxf {
namespace {

constexpr std::int64_t kQueries = 96;  // of a task: what it reads of keys and values serves all its panels
constexpr std::int64_t kKeys = 144;    // of a block; a multiple of all tile heights, and of 4
constexpr std::int64_t kDepth = 256;   // channels of a head that one pass over the tiles multiplies
constexpr std::int64_t kMostColumns = 64;

struct Sizes {
  std::int64_t dim, queries, keys;
  std::int64_t stride;  // from one token of a head to the next
  std::int64_t panel;   // queries side by side
};

// One head's tokens.
struct Head {
  const float* q;
  const float* k;
  const float* v;
  float* dst;
  std::int64_t number;
};

// Of a panel of queries: what has come of the keys so far.
struct Sums {
  alignas(64) std::array<float, kMostColumns> highest, total, rescale;
};

// scores (count, panel) = keys (count, dim) queries (dim, panel).
void score(const float* keys, const float* queries, std::int64_t count, const Sizes& s, float* scores) {
  static constexpr std::array<float, kMostColumns> kZeros = {};
  const TileKernels& kernels = tile_kernels();
  const float* rows[kMaxTileRows];
  TileArgs args{};
  args.rows = rows;
  args.taps = 1;
  args.c_stride = args.columns = s.panel;
  for (args.begin = 0; args.begin < s.dim; args.begin += kDepth) {
    args.depth = std::min(kDepth, s.dim - args.begin);
    args.b = queries + args.begin * s.panel;
    args.start = args.begin == 0 ? kZeros.data() : nullptr;
    for (std::int64_t row = 0; row < count; row += kernels.rows) {
      const std::int64_t used = std::min<std::int64_t>(kernels.rows, count - row);
      for (std::int64_t i = 0; i < used; ++i) rows[i] = keys + (row + i) * s.stride;
      args.c = scores + row * s.panel;
      kernels.run[static_cast<std::size_t>(used)](args);
    }
  }
}

// The keys of all heads as bytes. What they have in common is taken off first: it adds the same to all scores of a
// query, which softmax does not see, and would coarsen the rest. Zhang et al. 2025, "SageAttention".
struct RoundedKeys {
  RoundedKeys(Context& ctx, const AttentionDesc& d, const Sizes& s)
      : padded((s.dim + 3) / 4 * 4),
        keys(s.keys),
        bytes(ctx.memory().take(static_cast<std::size_t>(d.q.dim(0) * d.heads * keys * padded))),
        ranges(ctx.empty({d.q.dim(0) * d.heads, keys, 2})),
        first_range(ranges.f32()) {
    ctx.threads().parallel_for(d.q.dim(0) * d.heads, [&](std::int64_t pair) {
      const float* k = d.k.f32() + pair / d.heads * keys * s.stride + pair % d.heads * s.dim;
      std::vector<float> mean(static_cast<std::size_t>(s.dim)), row(mean.size());
      for (std::int64_t i = 0; i < keys; ++i) {
        for (std::int64_t c = 0; c < s.dim; ++c) mean[static_cast<std::size_t>(c)] += k[i * s.stride + c];
      }
      for (float& m : mean) m /= static_cast<float>(keys);
      for (std::int64_t i = 0; i < keys; ++i) {
        for (std::int64_t c = 0; c < s.dim; ++c) {
          row[static_cast<std::size_t>(c)] = k[i * s.stride + c] - mean[static_cast<std::size_t>(c)];
        }
        std::uint8_t* to = byte_row(pair, i);
        int8_kernels().round_row(row.data(), s.dim, to, range(pair, i));
        std::fill(to + s.dim, to + padded, std::uint8_t{0});
      }
    });
  }
  std::uint8_t* byte_row(std::int64_t pair, std::int64_t i) {
    return reinterpret_cast<std::uint8_t*>(bytes->data()) + (pair * keys + i) * padded;
  }
  float* range(std::int64_t pair, std::int64_t i) { return first_range + (pair * keys + i) * 2; }

  std::int64_t padded, keys;
  std::shared_ptr<Buffer> bytes;
  Tensor ranges;
  float* first_range;
};

// Rounds like nearbyint, which compilers leave as a call.
std::int32_t rounded(float x) {
  constexpr float kLarge = 12582912.0f;
  return std::bit_cast<std::int32_t>(x + kLarge) - std::bit_cast<std::int32_t>(kLarge);
}

// The values of all heads as signed bytes, channel after channel, each to its own scale. What a channel's values have
// in common is taken off and added again to the result, of which the weights sum to 1.
struct RoundedValues {
  RoundedValues(Context& ctx, const AttentionDesc& d, const Sizes& s)
      : dim(s.dim),
        padded((s.keys + 3) / 4 * 4),
        bytes(ctx.memory().take(static_cast<std::size_t>(d.q.dim(0) * d.heads * dim * padded))),
        ranges(ctx.empty({d.q.dim(0) * d.heads, 2, dim})),
        first_range(ranges.f32()) {
    ctx.threads().parallel_for(d.q.dim(0) * d.heads, [&](std::int64_t pair) {
      round_head(d.v.f32() + pair / d.heads * s.keys * s.stride + pair % d.heads * dim, s, pair);
    });
  }
  const std::uint8_t* channel(std::int64_t pair, std::int64_t c) const {
    return reinterpret_cast<const std::uint8_t*>(bytes->data()) + (pair * dim + c) * padded;
  }
  const float* scales(std::int64_t pair) const { return first_range + pair * 2 * dim; }
  const float* means(std::int64_t pair) const { return scales(pair) + dim; }

  std::int64_t dim, padded;
  std::shared_ptr<Buffer> bytes;
  Tensor ranges;
  float* first_range;

 private:
  void round_head(const float* v, const Sizes& s, std::int64_t pair) {
    constexpr std::int64_t kAtOnce = 64;  // keys whose values stay in the first-level cache for all channels
    float* scale = first_range + pair * 2 * dim;
    float* mean = scale + dim;
    std::fill_n(scale, 2 * dim, 0.0f);
    for (std::int64_t i = 0; i < s.keys; ++i) {
      for (std::int64_t c = 0; c < dim; ++c) mean[c] += v[i * s.stride + c];
    }
    for (std::int64_t c = 0; c < dim; ++c) mean[c] /= static_cast<float>(s.keys);
    for (std::int64_t i = 0; i < s.keys; ++i) {
      for (std::int64_t c = 0; c < dim; ++c) scale[c] = std::max(scale[c], std::abs(v[i * s.stride + c] - mean[c]));
    }
    for (std::int64_t c = 0; c < dim; ++c) scale[c] /= 127;
    auto* to = reinterpret_cast<std::int8_t*>(bytes->data()) + pair * dim * padded;
    std::fill_n(to, dim * padded, std::int8_t{0});
    for (std::int64_t begin = 0; begin < s.keys; begin += kAtOnce) {
      for (std::int64_t c = 0; c < dim; ++c) {
        const float inverse = scale[c] > 0 ? 1 / scale[c] : 0;
        for (std::int64_t i = begin; i < std::min(s.keys, begin + kAtOnce); ++i) {
          to[c * padded + i] = static_cast<std::int8_t>(rounded((v[i * s.stride + c] - mean[c]) * inverse));
        }
      }
    }
  }
};

struct Rounded {
  Rounded(Context& ctx, const AttentionDesc& d, const Sizes& s) : keys(ctx, d, s), values(ctx, d, s) {}
  RoundedKeys keys;
  RoundedValues values;
};

// A panel of queries as bytes (dim / 4, panel, 4), each column to its own scale.
struct RoundedQueries {
  std::vector<std::int8_t> bytes;
  alignas(64) std::array<float, kMostColumns> sums = {}, scales = {};

  RoundedQueries(const Head& head, const Sizes& s, std::int64_t first, std::int64_t count, float scale)
      : bytes(static_cast<std::size_t>((s.dim + 3) / 4 * 4 * s.panel)) {
    constexpr std::int64_t kLongestVector = 64;
    const std::int64_t padded = (s.dim + kLongestVector - 1) / kLongestVector * kLongestVector;
    std::vector<float> row(static_cast<std::size_t>(padded));
    std::vector<std::int8_t> rounded_row(row.size());
    for (std::int64_t j = 0; j < count; ++j) {
      std::copy_n(head.q + (first + j) * s.stride, s.dim, row.begin());
      const auto at = static_cast<std::size_t>(j);
      int8_kernels().round_signed(row.data(), padded, rounded_row.data(), &scales[at], &sums[at]);
      scales[at] *= scale;
      for (std::int64_t c = 0; c < s.dim; c += 4) {
        std::copy_n(rounded_row.begin() + c, 4, bytes.begin() + (c / 4 * s.panel + j) * 4);
      }
    }
  }
};

// scores (count, panel), from bytes.
void score(RoundedKeys& keys, std::int64_t pair, std::int64_t begin, const RoundedQueries& queries, std::int64_t count,
           const Sizes& s, float* scores) {
  const std::int64_t height = int8_kernels().rows;
  const std::uint8_t* rows[kMaxTileRows];
  for (std::int64_t row = 0; row < count; row += height) {
    const std::int64_t used = std::min(height, count - row);
    for (std::int64_t i = 0; i < used; ++i) rows[i] = keys.byte_row(pair, begin + row + i);
    vnni_attention()->scores[static_cast<std::size_t>(used)]({{rows, 0, keys.padded, queries.bytes.data(), nullptr},
                                                              keys.range(pair, begin + row),
                                                              queries.scales.data(),
                                                              queries.sums.data(),
                                                              scores + row * s.panel});
  }
}

// out (dim, panel) = or += values^T (dim, count) weights (count, panel).
void add_values(const float* values, const float* weights, std::int64_t count, const Sizes& s, bool is_first,
                float* out) {
  static constexpr std::array<float, kMostColumns> kZeros = {};
  const TileKernels& kernels = tile_kernels();
  const std::int64_t tiles = (s.dim + kernels.rows - 1) / kernels.rows, height = (s.dim + tiles - 1) / tiles;
  TileArgs args{};
  args.depth = count;
  args.b = weights;
  args.column_stride = s.stride;
  args.start = is_first ? kZeros.data() : nullptr;
  args.c_stride = args.columns = s.panel;
  for (std::int64_t row = 0; row < s.dim; row += height) {
    args.columns_of_a = values + row;
    args.c = out + row * s.panel;
    kernels.run_columns[static_cast<std::size_t>(std::min(height, s.dim - row))](args);
  }
}

// Softmax's weights of a block of keys for a panel of queries. Each column's largest is 255, so that the many small
// ones of a row count, though another block has one that is large.
struct RoundedWeights {
  alignas(64) std::array<std::uint8_t, kKeys * kMostColumns> bytes;
  alignas(64) std::array<float, kMostColumns> byte;  // what one stands for
};

// out (dim, panel) = out times rescale[j] plus values^T weights, of `depth` keys from number `begin` on.
void add_values(const RoundedValues& values, std::int64_t pair, std::int64_t begin, const RoundedWeights& weights,
                std::int64_t depth, const Sizes& s, const float* rescale, float* out) {
  const std::int64_t most = int8_kernels().rows, tiles = (s.dim + most - 1) / most;
  const std::int64_t height = (s.dim + tiles - 1) / tiles;
  const std::uint8_t* rows[kMaxTileRows];
  for (std::int64_t row = 0; row < s.dim; row += height) {
    const std::int64_t used = std::min(height, s.dim - row);
    for (std::int64_t i = 0; i < used; ++i) rows[i] = values.channel(pair, row + i) + begin;
    vnni_attention()->add_values[static_cast<std::size_t>(used)](
        {{rows, 0, depth, reinterpret_cast<const std::int8_t*>(weights.bytes.data()), nullptr},
         weights.byte.data(),
         rescale,
         out + row * s.panel});
  }
}

// Keys after a query do not count for it. Key `begin` is the first row, query `first` the first column.
void mask(float* scores, std::int64_t count, std::int64_t begin, std::int64_t first, const Sizes& s) {
  for (std::int64_t j = 0; j < s.panel; ++j) {
    for (std::int64_t i = std::max<std::int64_t>(0, first + j + 1 - begin); i < count; ++i) {
      scores[i * s.panel + j] = -std::numeric_limits<float>::infinity();
    }
  }
}

// How a task's panels of queries meet keys and values, in f32.
class Exactly {
 public:
  Exactly(const Sizes& s, const Head& head, std::int64_t panels)
      : s_(s), head_(head), ones_(static_cast<std::size_t>(s.dim), 1.0f), zeros_(ones_.size()) {
    thread_local AlignedFloats room;
    queries_ = room.at_least(panels * s.dim * s.panel);
  }
  void take_queries(std::int64_t panel, std::int64_t first, std::int64_t count, float scale) {
    softmax_kernels().to_columns(head_.q + first * s_.stride, s_.stride, count, s_.dim, scale, of_panel(panel));
  }
  void score(std::int64_t panel, std::int64_t begin, std::int64_t keys, float* scores) const {
    pxf::score(head_.k + begin * s_.stride, of_panel(panel), keys, s_, scores);
  }
  // out = what it was, rescaled, plus the values of these keys.
  void add_values(float* scores, std::int64_t begin, std::int64_t keys, Sums& sums, float* out) const {
    const SoftmaxKernels& softmax = softmax_kernels();
    softmax.columns(scores, keys, sums.highest.data(), sums.total.data(), sums.rescale.data());
    if (begin > 0) softmax.scale_columns(out, s_.dim, sums.rescale.data());
    pxf::add_values(head_.v + begin * s_.stride, scores, keys, s_, begin == 0, out);
  }
  // The result is out times scales plus shifts, channel by channel.
  const float* scales() const { return ones_.data(); }
  const float* shifts() const { return zeros_.data(); }

 private:
  float* of_panel(std::int64_t panel) const { return queries_ + panel * s_.dim * s_.panel; }

  const Sizes& s_;
  const Head& head_;
  float* queries_;
  std::vector<float> ones_, zeros_;
};

// The same in bytes.
class InBytes {
 public:
  InBytes(const Sizes& s, const Head& head, Rounded& rounded) : s_(s), head_(head), rounded_(rounded) {}
  void take_queries(std::int64_t, std::int64_t first, std::int64_t count, float scale) {
    queries_.emplace_back(head_, s_, first, count, scale);
  }
  void score(std::int64_t panel, std::int64_t begin, std::int64_t keys, float* scores) const {
    pxf::score(rounded_.keys, head_.number, begin, queries_[static_cast<std::size_t>(panel)], keys, s_, scores);
  }
  void add_values(float* scores, std::int64_t begin, std::int64_t keys, Sums& sums, float* out) {
    const std::int64_t rows = (keys + 3) / 4 * 4;
    std::fill(scores + keys * s_.panel, scores + rows * s_.panel, -std::numeric_limits<float>::infinity());
    softmax_kernels().columns_as_bytes(scores, rows, sums.highest.data(), sums.total.data(), sums.rescale.data(),
                                       weights_.byte.data(), weights_.bytes.data());
    pxf::add_values(rounded_.values, head_.number, begin, weights_, rows, s_, sums.rescale.data(), out);
  }
  const float* scales() const { return rounded_.values.scales(head_.number); }
  const float* shifts() const { return rounded_.values.means(head_.number); }

 private:
  const Sizes& s_;
  const Head& head_;
  Rounded& rounded_;
  std::vector<RoundedQueries> queries_;
  RoundedWeights weights_;
};

// The queries [first, first + count) of one head against all keys.
template <class Way>
void attend(const AttentionDesc& d, const Sizes& s, const Head& head, Way way, std::int64_t first, std::int64_t count) {
  thread_local AlignedFloats score_room, out_room;
  const std::int64_t panels = (count + s.panel - 1) / s.panel, panel_floats = s.dim * s.panel;
  float* scores = score_room.at_least(kKeys * s.panel);
  float* out = out_room.at_least(panels * panel_floats);
  std::fill_n(out, panels * panel_floats, 0.0f);
  std::array<Sums, kQueries / 2> sums;  // no panel is narrower
  const auto queries_of = [&](std::int64_t panel) { return std::min(s.panel, count - panel * s.panel); };
  for (std::int64_t p = 0; p < panels; ++p) {
    way.take_queries(p, first + p * s.panel, queries_of(p), d.scale);
    sums[static_cast<std::size_t>(p)].highest.fill(-std::numeric_limits<float>::infinity());
    sums[static_cast<std::size_t>(p)].total.fill(0);
  }
  const std::int64_t visible = d.causal ? std::min(s.keys, first + count) : s.keys;
  for (std::int64_t begin = 0; begin < visible; begin += kKeys) {
    const std::int64_t keys = std::min(kKeys, s.keys - begin);
    for (std::int64_t p = 0; p < panels; ++p) {
      way.score(p, begin, keys, scores);
      if (d.causal) mask(scores, keys, begin, first + p * s.panel, s);
      way.add_values(scores, begin, keys, sums[static_cast<std::size_t>(p)], out + p * panel_floats);
    }
  }
  const SoftmaxKernels& softmax = softmax_kernels();
  for (std::int64_t p = 0; p < panels; ++p) {
    Sums& sum = sums[static_cast<std::size_t>(p)];
    for (std::size_t j = 0; j < kMostColumns; ++j) sum.rescale[j] = 1 / sum.total[j];
    softmax.scale_columns(out + p * panel_floats, s.dim, sum.rescale.data());
    softmax.to_rows(out + p * panel_floats, queries_of(p), s.dim, way.scales(), way.shifts(),
                    head.dst + (first + p * s.panel) * s.stride, s.stride);
  }
}

void run_attention(Context& ctx, const AttentionDesc& d, bool in_bytes) {
  const Sizes s{d.head_dim(), d.q.dim(1), d.k.dim(1), d.q.dim(2), tile_kernels().columns};
  std::optional<Rounded> rounded;
  if (in_bytes) rounded.emplace(ctx, d, s);
  require(s.panel <= kMostColumns, "[attention] a panel of {} columns", s.panel);
  const float* q = d.q.f32();
  const float* k = d.k.f32();
  const float* v = d.v.f32();
  float* dst = d.dst.f32();
  const std::int64_t blocks = (s.queries + kQueries - 1) / kQueries;
  ctx.threads().parallel_for(d.q.dim(0) * d.heads * blocks, [&](std::int64_t task) {
    const std::int64_t pair = task / blocks, first = task % blocks * kQueries;
    const std::int64_t batch = pair / d.heads, at = pair % d.heads * s.dim;
    const std::int64_t of_query = batch * s.queries * s.stride + at, of_key = batch * s.keys * s.stride + at;
    const Head head{q + of_query, k + of_key, v + of_key, dst + of_query, pair};
    const std::int64_t count = std::min(kQueries, s.queries - first);
    if (rounded) {
      attend(d, s, head, InBytes(s, head, *rounded), first, count);
    } else {
      attend(d, s, head, Exactly(s, head, (count + s.panel - 1) / s.panel), first, count);
    }
  });
}

// Rounding keys and queries pays from so many keys on.
constexpr std::int64_t kFewestKeys = 256;

Refusal accepts_int8(const AttentionDesc& d) {
  if (d.q.context().precision() != Precision::fast) return "exact numbers are wanted";
  if (!int8_kernels().has_dot_product) return "the processor has no dot product of bytes";
  return d.k.dim(1) < kFewestKeys ? Refusal("too few keys") : kAccepted;
}

}  // namespace

void add_cpu_attention(Backend& backend) {
  backend.add<AttentionDesc>(
      {"int8", accepts_int8, [](Context& ctx, const AttentionDesc& d) { run_attention(ctx, d, true); }});
  backend.add<AttentionDesc>({"streaming", [](const AttentionDesc&) { return kAccepted; },
                              [](Context& ctx, const AttentionDesc& d) { run_attention(ctx, d, false); }});
}

}  // namespace pxf
