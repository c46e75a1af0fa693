// Attention block by block: scores of a block of queries against a block of keys, streaming softmax, product with the
// values; the N x N matrix never exists. Dao et al. 2022 ("FlashAttention"), on the tile kernels.
#include "ops/attention.h"

#include <algorithm>
#include <limits>
#include <vector>

#include "backends/cpu/cpu.h"
#include "backends/cpu/kernels.h"

namespace pxf {
namespace {

// 96 x 256 scores and the keys and values of a block stay in the second-level cache. Multiples of all tile heights and
// panel widths.
constexpr std::int64_t kQueries = 96;
constexpr std::int64_t kKeys = 256;

std::int64_t round_up(std::int64_t n, std::int64_t step) { return (n + step - 1) / step * step; }

struct Sizes {
  std::int64_t heads, dim, queries, keys, width;
  std::int64_t panel;       // columns of a panel
  std::int64_t key_room;    // floats of one head's packed keys: panels of keys, each (dim, panel)
  std::int64_t value_room;  // floats of one head's packed values: panels of channels, each (keys, panel)
};

// Keys k (keys, dim) of one head as B = k^T.
void pack_keys(const float* k, const Sizes& s, float* to) {
  for (std::int64_t first = 0; first < s.keys; first += s.panel) {
    const std::int64_t used = std::min(s.panel, s.keys - first);
    for (std::int64_t c = 0; c < s.dim; ++c, to += s.panel) {
      for (std::int64_t j = 0; j < used; ++j) to[j] = k[(first + j) * s.width + c];
      std::fill(to + used, to + s.panel, 0.0f);
    }
  }
}

// Values v (keys, dim) of one head as B = v.
void pack_values(const float* v, const Sizes& s, float* to) {
  for (std::int64_t first = 0; first < s.dim; first += s.panel) {
    const std::int64_t used = std::min(s.panel, s.dim - first);
    for (std::int64_t j = 0; j < s.keys; ++j, to += s.panel) {
      std::copy_n(v + j * s.width + first, used, to);
      std::fill(to + used, to + s.panel, 0.0f);
    }
  }
}

// c (rows, columns) = or += a (rows, depth, contiguous rows of a_stride) times panels of (whole_depth, panel).
void multiply(const TileKernels& kernels, const float* a, std::int64_t a_stride, std::int64_t rows, std::int64_t depth,
              const float* b, std::int64_t b_stride, std::int64_t columns, float* c, std::int64_t c_stride, bool add) {
  static constexpr float kZeros[64] = {};
  const float* located[kMaxTileRows];
  TileArgs args{};
  args.rows = located;
  args.taps = 1;
  args.depth = depth;
  args.start = add ? nullptr : kZeros;
  args.c_stride = c_stride;
  for (std::int64_t first = 0; first < columns; first += kernels.columns, b += b_stride) {
    args.b = b;
    args.columns = std::min<std::int64_t>(kernels.columns, columns - first);
    for (std::int64_t row = 0; row < rows; row += kernels.rows) {
      const std::int64_t used = std::min<std::int64_t>(kernels.rows, rows - row);
      for (std::int64_t i = 0; i < used; ++i) located[i] = a + (row + i) * a_stride;
      args.c = c + row * c_stride + first;
      kernels.run[static_cast<std::size_t>(used)](args);
    }
  }
}

struct Scratch {
  std::vector<float> query, score, out, highest, total, factor;
};

// One block of queries of one head against all keys.
void attend(const AttentionDesc& d, const Sizes& s, const float* q, std::int64_t first, std::int64_t rows,
            const float* keys, const float* values, float* dst, Scratch& scratch) {
  const TileKernels& tiles = tile_kernels();
  const SoftmaxKernels& softmax = softmax_kernels();
  const std::int64_t room = round_up(s.dim, s.panel);
  const auto floats = [](std::int64_t n) { return static_cast<std::size_t>(n); };
  scratch.query.resize(floats(kQueries * s.dim));
  scratch.score.resize(floats(kQueries * kKeys));
  scratch.out.assign(floats(kQueries * room), 0.0f);
  scratch.highest.assign(kQueries, -std::numeric_limits<float>::infinity());
  scratch.total.assign(kQueries, 0.0f);
  scratch.factor.resize(kQueries);

  for (std::int64_t i = 0; i < rows; ++i) {
    const float* from = q + (first + i) * s.width;
    for (std::int64_t c = 0; c < s.dim; ++c) scratch.query[floats(i * s.dim + c)] = from[c] * d.scale;
  }
  const std::int64_t visible = d.causal ? first + rows : s.keys;
  for (std::int64_t begin = 0; begin < visible; begin += kKeys) {
    const std::int64_t count = std::min(kKeys, s.keys - begin);
    float* score = scratch.score.data();
    multiply(tiles, scratch.query.data(), s.dim, rows, s.dim, keys + begin * s.dim, s.dim * s.panel, count, score,
             kKeys, false);
    if (d.causal) {
      for (std::int64_t i = 0; i < rows; ++i) {
        for (std::int64_t j = std::max<std::int64_t>(0, first + i + 1 - begin); j < count; ++j) {
          score[i * kKeys + j] = -std::numeric_limits<float>::infinity();
        }
      }
    }
    softmax.rows(score, rows, count, kKeys, scratch.highest.data(), scratch.total.data(), scratch.factor.data());
    if (begin > 0) softmax.scale_rows(scratch.out.data(), rows, s.dim, room, scratch.factor.data());
    multiply(tiles, score, kKeys, rows, count, values + begin * s.panel, s.keys * s.panel, s.dim, scratch.out.data(),
             room, begin > 0);
  }
  for (std::int64_t i = 0; i < rows; ++i) scratch.factor[floats(i)] = 1 / scratch.total[floats(i)];
  softmax.scale_rows(scratch.out.data(), rows, s.dim, room, scratch.factor.data());
  for (std::int64_t i = 0; i < rows; ++i) {
    std::copy_n(scratch.out.data() + i * room, s.dim, dst + (first + i) * s.width);
  }
}

void run_attention(Context& ctx, const AttentionDesc& d) {
  Sizes s{d.heads, d.head_dim(), d.q.dim(1), d.k.dim(1), d.q.dim(2), tile_kernels().columns, 0, 0};
  s.key_room = round_up(s.keys, s.panel) * s.dim;
  s.value_room = round_up(s.dim, s.panel) * s.keys;
  const std::int64_t pairs = d.q.dim(0) * s.heads;
  Tensor packed = ctx.empty({pairs, s.key_room + s.value_room});
  float* room = packed.f32();
  const auto head = [&](const float* x, std::int64_t length, std::int64_t pair) {
    return x + pair / s.heads * length * s.width + pair % s.heads * s.dim;
  };
  const float* q = d.q.f32();
  const float* k = d.k.f32();
  const float* v = d.v.f32();
  float* dst = d.dst.f32();
  ctx.threads().parallel_for(2 * pairs, [&](std::int64_t task) {
    float* to = room + task / 2 * (s.key_room + s.value_room);
    if (task % 2 == 0) {
      pack_keys(head(k, s.keys, task / 2), s, to);
    } else {
      pack_values(head(v, s.keys, task / 2), s, to + s.key_room);
    }
  });
  const std::int64_t blocks = (s.queries + kQueries - 1) / kQueries;
  ctx.threads().parallel_for(pairs * blocks, [&](std::int64_t task) {
    thread_local Scratch scratch;
    const std::int64_t pair = task / blocks, first = task % blocks * kQueries;
    const float* keys = room + pair * (s.key_room + s.value_room);
    const std::int64_t offset = pair / s.heads * s.queries * s.width + pair % s.heads * s.dim;
    attend(d, s, q + offset, first, std::min(kQueries, s.queries - first), keys, keys + s.key_room, dst + offset,
           scratch);
  });
}

}  // namespace

void add_cpu_attention(Backend& backend) {
  backend.add<AttentionDesc>({"streaming", [](const AttentionDesc&) { return kAccepted; }, run_attention});
}

}  // namespace pxf
