// Attention block by block: scores of a block of keys for a panel of queries, streaming softmax, product with the
// values; the N x N matrix never exists. Dao et al. 2022 ("FlashAttention"), on the tile kernels.
// Everything is transposed: scores are (keys, queries), so that softmax runs down columns that lie side by side in
// vectors, what it leaves is at once the second product's panel, and a head's width need not fill vectors. Keys and
// values are read where they are.
#include "ops/attention.h"

#include <algorithm>
#include <array>
#include <limits>

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
void attend(const AttentionDesc& d, const Sizes& s, const Head& head, std::int64_t first, std::int64_t count) {
  thread_local AlignedFloats query_room, score_room, out_room;
  const std::int64_t panels = (count + s.panel - 1) / s.panel, panel_floats = s.dim * s.panel;
  float* queries = query_room.at_least(panels * panel_floats);
  float* scores = score_room.at_least(kKeys * s.panel);
  float* out = out_room.at_least(panels * panel_floats);
  std::array<Sums, kQueries / 2> sums;  // no panel is narrower
  for (std::int64_t p = 0; p < panels; ++p) {
    const std::int64_t begin = p * s.panel;
    pack_queries(head, s, first + begin, std::min(s.panel, count - begin), d.scale, queries + p * panel_floats);
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
      score(head.k + begin * s.stride, queries + p * panel_floats, keys, s, scores);
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

void run_attention(Context& ctx, const AttentionDesc& d) {
  const Sizes s{d.head_dim(), d.q.dim(1), d.k.dim(1), d.q.dim(2), tile_kernels().columns};
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
    attend(d, s, {q + of_query, k + of_key, v + of_key, dst + of_query}, first, std::min(kQueries, s.queries - first));
  });
}

}  // namespace

void add_cpu_attention(Backend& backend) {
  backend.add<AttentionDesc>({"streaming", [](const AttentionDesc&) { return kAccepted; }, run_attention});
}

}  // namespace pxf
