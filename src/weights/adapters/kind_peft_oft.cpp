// PEFT's OFT and BOFT: W1 = W R^T, R turning the inputs of W block by block (of a convolution: inputs x taps); BOFT may
// do so several times with permuted inputs, and scales the outputs.
#include <fmt/format.h>

#include <cmath>
#include <numeric>

#include "base/error.h"
#include "weights/adapters/kind.h"
#include "weights/adapters/matrix.h"
#include "weights/adapters/rotation.h"

namespace pxf {
namespace {

using Places = std::vector<std::int64_t>;

// Each row x of W becomes y with y[p[i]] = sum_j r[i, j] x[p[j]] in each block, p[i] standing for places[block][i].
void turn(const Merge& merge, const Blocks& r, std::int64_t first_block, const Places& places, std::span<float> w) {
  const std::int64_t columns = merge.shape.columns(), size = r.size;
  const bool shared = r.count == 1;
  for_rows(merge.pool, merge.shape.out, columns * size, [&](std::int64_t begin, std::int64_t end) {
    std::vector<double> before(static_cast<std::size_t>(size));
    for (std::int64_t o = begin; o < end; ++o) {
      float* row = w.data() + o * columns;
      for (std::int64_t k = 0; k < columns / size; ++k) {
        const std::int64_t* at = places.data() + k * size;
        for (std::int64_t j = 0; j < size; ++j) before[static_cast<std::size_t>(j)] = double{row[at[j]]};
        const double* block = r.block(shared ? 0 : first_block + k);
        for (std::int64_t i = 0; i < size; ++i) {
          row[at[i]] = static_cast<float>(std::inner_product(before.begin(), before.end(), block + i * size, 0.0));
        }
      }
    }
  });
}

void blend(const Merge& merge, std::span<const float> turned) {
  const auto strength = static_cast<float>(merge.strength);
  for (std::size_t i = 0; i < turned.size(); ++i) merge.weight[i] += strength * (turned[i] - merge.weight[i]);
}

Places in_order(std::int64_t count) {
  Places out(static_cast<std::size_t>(count));
  std::iota(out.begin(), out.end(), 0);
  return out;
}

// The side of a square with `elements` above its diagonal; 0 when there is none.
std::int64_t side_of(std::int64_t elements) {
  const auto side = static_cast<std::int64_t>((1 + std::sqrt(1.0 + 8.0 * static_cast<double>(elements))) / 2);
  return side * (side - 1) / 2 == elements ? side : 0;
}

std::string oft_misfit(const AdapterModule& m, const WeightShape& w) {
  const Shape& s = m.factor("oft_R").shape();
  const std::int64_t size = s.rank() == 2 ? side_of(s.dim(1)) : 0;
  const bool one_for_all = size > 0 && s.dim(0) == 1 && w.columns() % size == 0;
  if (size > 1 && (s.dim(0) * size == w.columns() || one_for_all)) return {};
  return fmt::format("oft_R: got {}, need blocks that fill {} inputs", s.text(), w.columns());
}

void apply_oft(const Merge& merge) {
  const AdapterConfig& config = merge.module.config;
  const Matrix elements = read_matrix(merge.module.factor("oft_R"));
  Blocks q = skew_from_upper(elements.values, elements.rows, side_of(elements.columns));
  if (config.constraint) {  // COFT: each block by itself
    const double limit = *config.constraint / std::sqrt(static_cast<double>(q.count));
    for (std::int64_t k = 0; k < q.count; ++k) {
      Blocks one{1, q.size, {q.block(k), q.block(k + 1)}};
      limit_norm(one, limit);
      std::ranges::copy(one.values, q.block(k));
    }
  }
  const Blocks r = config.neumann_terms ? cayley_series(q, *config.neumann_terms) : cayley_reversed(q);
  std::vector<float> w(merge.weight.begin(), merge.weight.end());
  turn(merge, r, 0, in_order(merge.shape.columns()), w);
  blend(merge, w);
}

// PEFT's block_butterfly_perm, with half blocks of `half` places: in each group the even ones, then the odd ones. Its
// inverse is what is asked for: where place j of the turned order lies.
Places butterfly(std::int64_t count, std::int64_t groups, std::int64_t half) {
  Places out(static_cast<std::size_t>(count));
  const std::int64_t group = count / groups, halves = group / half;
  for (std::int64_t first = 0; first < count; first += group) {
    std::int64_t at = first;
    for (const std::int64_t odd : {0, 1}) {
      for (std::int64_t h = odd; h < halves; h += 2) {
        for (std::int64_t i = 0; i < half; ++i, ++at) out[static_cast<std::size_t>(first + h * half + i)] = at;
      }
    }
  }
  return out;
}

std::string boft_misfit(const AdapterModule& m, const WeightShape& w) {
  const Shape& s = m.factor("boft_R").shape();
  const std::int64_t stages = s.rank() == 4 ? s.dim(0) : 0;
  const bool square = stages > 0 && s.dim(2) > 0 && s.dim(2) == s.dim(3) && s.dim(1) * s.dim(2) == w.columns();
  const bool divides =
      stages == 1 || (square && stages < 30 && s.dim(2) % 2 == 0 && s.dim(1) % (1 << (stages - 1)) == 0);
  if (!square || !divides) {
    return fmt::format("boft_R: got {}, need square blocks that fill {} inputs", s.text(), w.columns());
  }
  if (!m.has("boft_s") || m.factor("boft_s").shape().numel() == w.out) return {};
  return fmt::format("boft_s: got {}, need {} elements", m.factor("boft_s").shape().text(), w.out);
}

void apply_boft(const Merge& merge) {
  const Weight& factor = merge.module.factor("boft_R");
  const Shape& s = factor.shape();
  const Blocks r = cayley_reversed(skew(read_matrix(factor).values, s.dim(0) * s.dim(1), s.dim(2), 0.5));
  std::vector<float> w(merge.weight.begin(), merge.weight.end());
  for (std::int64_t stage = 0; stage < s.dim(0); ++stage) {
    const Places places = s.dim(0) == 1 ? in_order(merge.shape.columns())
                                        : butterfly(merge.shape.columns(), s.dim(1) >> stage, s.dim(2) / 2);
    turn(merge, r, stage * s.dim(1), places, w);
  }
  if (merge.module.has("boft_s")) {
    const std::int64_t columns = merge.shape.columns();
    const Matrix scale = read_matrix(merge.module.factor("boft_s"), merge.shape.out, 1);
    for (std::int64_t i = 0; i < merge.shape.out * columns; ++i)
      w[static_cast<std::size_t>(i)] *= *scale.row(i / columns);
  }
  blend(merge, w);
}

}  // namespace

AdapterKind peft_oft_kind() { return {.title = "OFT", .marks = {"oft_R"}, .misfit = oft_misfit, .apply = apply_oft}; }

AdapterKind peft_boft_kind() {
  return {.title = "BOFT", .marks = {"boft_R"}, .misfit = boft_misfit, .apply = apply_boft};
}

}  // namespace pxf
