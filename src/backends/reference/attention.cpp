#include "ops/attention.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "backends/reference/reference.h"

namespace pxf {
namespace {

void run_attention(Context& ctx, const AttentionDesc& d) {
  const std::int64_t queries = d.q.dim(1), keys = d.k.dim(1), width = d.q.dim(2), dim = d.head_dim();
  const float* q = d.q.f32();
  const float* k = d.k.f32();
  const float* v = d.v.f32();
  float* dst = d.dst.f32();
  ctx.threads().parallel_for(d.q.dim(0) * d.heads, [&](std::int64_t task) {
    const std::int64_t b = task / d.heads, at = task % d.heads * dim;
    std::vector<double> score(static_cast<std::size_t>(keys));
    for (std::int64_t i = 0; i < queries; ++i) {
      const float* query = q + (b * queries + i) * width + at;
      const std::int64_t visible = d.causal ? i + 1 : keys;
      double highest = -std::numeric_limits<double>::infinity();
      for (std::int64_t j = 0; j < visible; ++j) {
        const float* key = k + (b * keys + j) * width + at;
        double dot = 0;
        for (std::int64_t c = 0; c < dim; ++c) dot += static_cast<double>(query[c]) * key[c];
        score[static_cast<std::size_t>(j)] = dot * d.scale;
        highest = std::max(highest, dot * d.scale);
      }
      double total = 0;
      for (std::int64_t j = 0; j < visible; ++j) {
        double& s = score[static_cast<std::size_t>(j)];
        s = std::exp(s - highest);
        total += s;
      }
      for (std::int64_t c = 0; c < dim; ++c) {
        double sum = 0;
        for (std::int64_t j = 0; j < visible; ++j) {
          sum += score[static_cast<std::size_t>(j)] * v[(b * keys + j) * width + at + c];
        }
        dst[(b * queries + i) * width + at + c] = static_cast<float>(sum / total);
      }
    }
  });
}

}  // namespace

void add_reference_attention(Backend& backend) {
  backend.add<AttentionDesc>({"reference", [](const AttentionDesc&) { return kAccepted; }, run_attention});
}

}  // namespace pxf
