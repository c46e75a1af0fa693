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
constexpr std::int64_t kKeys = 144;    // of a block; a multiple of all tile heights
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

// A panel of queries as bytes (dim / 4, panel, 4), each column to its own scale.
struct RoundedQueries {
  std::vector<std::int8_t> bytes;
  alignas(64) std::array<float, kMostColumns> sums = {}, scales = {};

  RoundedQueries(const Head& head, const Sizes& s, std::int64_t first, std::int64_t count, float scale)
      : bytes(static_cast<std::size_t>((s.dim + 3) / 4 * 4 * s.panel)) {
    for (std::int64_t j = 0; j < count; ++j) {
      const float* q = head.q + (first + j) * s.stride;
      float largest = 0;
      for (std::int64_t c = 0; c < s.dim; ++c) largest = std::max(largest, std::abs(q[c]));
      const float inverse = largest > 0 ? 127 / largest : 0;
      std::int32_t sum = 0;
      for (std::int64_t c = 0; c < s.dim; ++c) {
        // Rounds like nearbyint, which compilers leave as a call.
        const float large = q[c] * inverse + 12582912.0f;
        const std::int32_t byte = std::bit_cast<std::int32_t>(large) - std::bit_cast<std::int32_t>(12582912.0f);
        bytes[static_cast<std::size_t>((c / 4 * s.panel + j) * 4 + c % 4)] = static_cast<std::int8_t>(byte);
        sum += byte;
      }
      sums[static_cast<std::size_t>(j)] = static_cast<float>(sum);
      scales[static_cast<std::size_t>(j)] = largest / 127 * scale;
    }
  }
};

// scores (count, panel), from bytes.
void score(RoundedKeys& keys, std::int64_t pair, std::int64_t begin, const RoundedQueries& queries, std::int64_t count,
           const Sizes& s, float* scores) {
  const Int8Kernels& kernels = int8_kernels();
  const std::uint8_t* rows[kMaxTileRows];
  const float* ranges[kMaxTileRows];
  alignas(64) std::array<std::int32_t, kMaxTileRows * kMostColumns> sums;
  for (std::int64_t row = 0; row < count; row += kernels.rows) {
    const std::int64_t used = std::min<std::int64_t>(kernels.rows, count - row);
    for (std::int64_t i = 0; i < used; ++i) {
      rows[i] = keys.byte_row(pair, begin + row + i);
      ranges[i] = keys.range(pair, begin + row + i);
    }
    kernels.run[static_cast<std::size_t>(used)]({rows, 0, keys.padded, queries.bytes.data(), sums.data()});
    kernels.scores({used, sums.data(), ranges, 0, queries.sums.data(), true, scores + row * s.panel},
                   queries.scales.data());
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

// The queries [first, first + count) of a head as a panel (dim, panel), scaled.
void pack_queries(const Head& head, const Sizes& s, std::int64_t first, std::int64_t count, float scale, float* to) {
  for (std::int64_t c = 0; c < s.dim; ++c, to += s.panel) {
    const float* from = head.q + first * s.stride + c;
    for (std::int64_t j = 0; j < count; ++j) to[j] = from[j * s.stride] * scale;
    std::fill(to + count, to + s.panel, 0.0f);
  }
}

void unpack(const float* out, const Sizes& s, std::int64_t first, std::int64_t count, float* dst) {
  for (std::int64_t j = 0; j < count; ++j) {
    float* to = dst + (first + j) * s.stride;
    for (std::int64_t c = 0; c < s.dim; ++c) to[c] = out[c * s.panel + j];
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

// The queries [first, first + count) of one head against all keys.
void attend(const AttentionDesc& d, const Sizes& s, const Head& head, RoundedKeys* rounded, std::int64_t first,
            std::int64_t count) {
  thread_local AlignedFloats query_room, score_room, out_room;
  const std::int64_t panels = (count + s.panel - 1) / s.panel, panel_floats = s.dim * s.panel;
  float* queries = query_room.at_least(panels * panel_floats);
  float* scores = score_room.at_least(kKeys * s.panel);
  float* out = out_room.at_least(panels * panel_floats);
  std::array<Sums, kQueries / 2> sums;  // no panel is narrower
  std::vector<RoundedQueries> rounded_queries;
  for (std::int64_t p = 0; p < panels; ++p) {
    const std::int64_t begin = p * s.panel;
    const std::int64_t used = std::min(s.panel, count - begin);
    if (rounded != nullptr) {
      rounded_queries.emplace_back(head, s, first + begin, used, d.scale);
    } else {
      pack_queries(head, s, first + begin, used, d.scale, queries + p * panel_floats);
    }
    sums[static_cast<std::size_t>(p)].highest.fill(-std::numeric_limits<float>::infinity());
    sums[static_cast<std::size_t>(p)].total.fill(0);
  }
  const SoftmaxKernels& softmax = softmax_kernels();
  const std::int64_t visible = d.causal ? std::min(s.keys, first + count) : s.keys;
  for (std::int64_t begin = 0; begin < visible; begin += kKeys) {
    const std::int64_t keys = std::min(kKeys, s.keys - begin);
    for (std::int64_t p = 0; p < panels; ++p) {
      Sums& sum = sums[static_cast<std::size_t>(p)];
      float* panel_out = out + p * panel_floats;
      if (rounded != nullptr) {
        score(*rounded, head.number, begin, rounded_queries[static_cast<std::size_t>(p)], keys, s, scores);
      } else {
        score(head.k + begin * s.stride, queries + p * panel_floats, keys, s, scores);
      }
      if (d.causal) mask(scores, keys, begin, first + p * s.panel, s);
      softmax.columns(scores, keys, sum.highest.data(), sum.total.data(), sum.rescale.data());
      if (begin > 0) softmax.scale_columns(panel_out, s.dim, sum.rescale.data());
      add_values(head.v + begin * s.stride, scores, keys, s, begin == 0, panel_out);
    }
  }
  for (std::int64_t p = 0; p < panels; ++p) {
    Sums& sum = sums[static_cast<std::size_t>(p)];
    for (std::size_t j = 0; j < kMostColumns; ++j) sum.rescale[j] = 1 / sum.total[j];
    softmax.scale_columns(out + p * panel_floats, s.dim, sum.rescale.data());
    unpack(out + p * panel_floats, s, first + p * s.panel, std::min(s.panel, count - p * s.panel), head.dst);
  }
}

void run_attention(Context& ctx, const AttentionDesc& d, bool in_bytes) {
  const Sizes s{d.head_dim(), d.q.dim(1), d.k.dim(1), d.q.dim(2), tile_kernels().columns};
  std::optional<RoundedKeys> rounded;
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
    attend(d, s, {q + of_query, k + of_key, v + of_key, dst + of_query, pair}, rounded ? &*rounded : nullptr, first,
           std::min(kQueries, s.queries - first));
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
      {"int8 scores", accepts_int8, [](Context& ctx, const AttentionDesc& d) { run_attention(ctx, d, true); }});
  backend.add<AttentionDesc>({"streaming", [](const AttentionDesc&) { return kAccepted; },
                              [](Context& ctx, const AttentionDesc& d) { run_attention(ctx, d, false); }});
}

}  // namespace pxf
