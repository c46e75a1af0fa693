#include "backends/cpu/int8.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "backends/cpu/aligned_floats.h"
#include "backends/cpu/kernels.h"

namespace pxf {
namespace {

// A panel's part (512 x 32 bytes) and the rows of a tile stay in the first-level cache.
constexpr std::int64_t kMostDepth = 512;
constexpr std::int64_t kBlockRows = 192;    // a multiple of all tile heights
constexpr std::int64_t kMostPanels = 16;    // that a task multiplies
constexpr std::int64_t kBlocksWanted = 48;  // so that the last ones to finish do not leave other threads waiting long
constexpr std::int64_t kRowsOfATask = 64;   // that are rounded

std::int64_t round_up(std::int64_t n, std::int64_t step) { return (n + step - 1) / step * step; }

// One panel's bytes, sums and scales of the weight's rows `values` (used, depth, taps).
class PanelWriter {
 public:
  PanelWriter(const Int8Panels& p, std::byte* memory, std::int64_t panel)
      : p_(p), memory_(memory), parts_(p.depth), panel_(panel) {}

  void write(const std::vector<float>& values, std::int64_t used) {
    const std::int64_t length = p_.depth * p_.taps;
    for (std::int64_t j = 0; j < p_.width; ++j) {
      const float* row = j < used ? values.data() + j * length : nullptr;
      const float scale = row != nullptr ? scale_of(row, length) : 0;
      at<float>(p_.scales_at(panel_))[j] = scale;
      const float inverse = scale > 0 ? 1 / scale : 0;
      for (std::int64_t tap = 0; tap < p_.taps; ++tap) {
        for (std::int64_t part = 0; part < parts_.count; ++part) {
          write_part(row, inverse, j, tap, part);
        }
      }
    }
  }

 private:
  // NaN and infinities must not get lost: they become the scale, and with it the whole column.
  static float scale_of(const float* row, std::int64_t length) {
    float largest = 0, not_finite = 0;
    for (std::int64_t i = 0; i < length; ++i) {
      largest = std::max(largest, std::abs(row[i]));
      not_finite += row[i] * 0;
    }
    return largest / 127 + not_finite;
  }

  void write_part(const float* row, float inverse, std::int64_t j, std::int64_t tap, std::int64_t part) {
    auto* to = at<std::int8_t>(p_.panel_at(panel_, tap, parts_.begin(part)));
    std::int64_t sum = 0;
    for (std::int64_t k = 0; k < parts_.size(part); ++k) {
      const std::int64_t from = parts_.begin(part) + k;
      const float value = row != nullptr && from < p_.depth ? row[from * p_.taps + tap] * inverse : 0;
      const auto rounded = static_cast<std::int8_t>(std::isfinite(value) ? std::nearbyint(value) : 0);
      to[(k / 4 * p_.width + j) * 4 + k % 4] = rounded;
      sum += rounded;
    }
    at<float>(p_.sums_at(panel_, tap, part))[j] = static_cast<float>(sum);
  }

  template <class T>
  T* at(std::size_t offset) const {
    return reinterpret_cast<T*>(memory_ + offset);
  }

  const Int8Panels& p_;
  std::byte* memory_;
  Int8Parts parts_;
  std::int64_t panel_;
};

Int8Panels panels_of(Context& ctx, const Weight& weight) {
  Int8Panels p;
  p.columns = weight.shape().dim(0);
  p.depth = weight.shape().dim(1);
  p.taps = weight.shape().numel() / p.columns / p.depth;
  p.width = tile_kernels().columns;
  p.memory = weight.laid_out(fmt::format("int8 {} {}", p.width, kMostDepth), p.bytes(), [&] {
    auto memory = ctx.memory().take_lasting(p.bytes());
    ctx.threads().parallel_for(p.count(), [&](std::int64_t i) {
      const std::int64_t length = p.depth * p.taps, used = std::min(p.width, p.columns - i * p.width);
      std::vector<float> values(static_cast<std::size_t>(used * length));
      weight.read_f32(i * p.width * length, values);
      PanelWriter(p, memory->data(), i).write(values, used);
    });
    return memory;
  });
  return p;
}

// The rows of A as bytes, and for each row and part its scale and least value; the row after the last is zeros.
struct RoundedRows {
  RoundedRows(Context& ctx, const Int8Product& p)
      : parts(p.b.depth),
        bytes(ctx.memory().take(static_cast<std::size_t>((p.src_rows + 1) * parts.padded))),
        ranges(ctx.empty({p.src_rows + 1, parts.count, 2})),
        first_range(ranges.f32()) {
    std::fill_n(row(p.src_rows), parts.padded, std::uint8_t{0});
    std::fill_n(range(p.src_rows), parts.count * 2, 0.0f);
    ctx.threads().parallel_for((p.src_rows + kRowsOfATask - 1) / kRowsOfATask, [&](std::int64_t task) {
      for (std::int64_t r = task * kRowsOfATask; r < std::min(p.src_rows, (task + 1) * kRowsOfATask); ++r) {
        for (std::int64_t part = 0; part < parts.count; ++part) {
          const std::int64_t begin = parts.begin(part), count = std::min(parts.size(part), p.b.depth - begin);
          int8_kernels().round_row(p.src + r * p.b.depth + begin, count, row(r) + begin, range(r) + part * 2);
        }
        std::fill(row(r) + p.b.depth, row(r) + parts.padded, std::uint8_t{0});
      }
    });
  }
  std::uint8_t* row(std::int64_t r) { return reinterpret_cast<std::uint8_t*>(bytes->data()) + r * parts.padded; }
  float* range(std::int64_t r) { return first_range + r * parts.count * 2; }

  Int8Parts parts;
  std::shared_ptr<Buffer> bytes;
  Tensor ranges;
  float* first_range;
};

// Some rows of the result, one panel of columns after another.
class Int8Block {
 public:
  Int8Block(const Int8Product& p, RoundedRows& a, std::int64_t first, std::int64_t rows)
      : p_(p), a_(a), first_(first), rows_(rows), height_(int8_kernels().rows), tiles_((rows + height_ - 1) / height_) {
    const auto places = static_cast<std::size_t>(tiles_ * p.b.taps * kMaxTileRows);
    std::vector<std::int64_t> located(places, p.src_rows);
    for (std::int64_t r = 0; r < rows; ++r) {
      p.locate(first + r, located.data() + r / height_ * p.b.taps * kMaxTileRows + r % height_, kMaxTileRows);
    }
    for (const std::int64_t at : located) {
      bytes_.push_back(a.row(at));
      ranges_.push_back(a.range(at));
    }
  }

  // `bias`: of all columns.
  void multiply(std::int64_t panel, const float* bias) const {
    const std::int64_t column = panel * p_.b.width;
    finish(panel, bias, std::min(p_.b.width, p_.b.columns - column), p_.dst + first_ * p_.b.columns + column,
           p_.b.columns);
  }

  // A panel of values and its gates.
  void multiply_gated(std::int64_t panel, const float* bias) const {
    const std::int64_t width = p_.b.width, out = p_.b.columns / 2;
    thread_local AlignedFloats room;
    float* values = room.at_least(2 * kBlockRows * width);
    float* gates = values + kBlockRows * width;
    finish(panel, bias, width, values, width);
    finish(panel + p_.b.count() / 2, bias, width, gates, width);
    elementwise_kernels().gated_gelu(values, gates, width, rows_, width, p_.dst + first_ * out + panel * width, out);
  }

 private:
  // The products with a panel, scaled, with their bias.
  void finish(std::int64_t panel, const float* bias, std::int64_t columns, float* to, std::int64_t stride) const {
    const float* sums = sums_of(panel);
    int8_kernels().finish(sums, rows_, p_.b.at<float>(p_.b.scales_at(panel)), bias + panel * p_.b.width, columns, to,
                          stride);
  }

  const float* sums_of(std::int64_t panel) const {
    const Int8Panels& b = p_.b;
    thread_local AlignedFloats room;
    float* sums = room.at_least(kBlockRows * b.width);
    Int8SumArgs add{};
    add.is_first = true;
    for (std::int64_t tap = 0; tap < b.taps; ++tap) {
      for (add.part = 0; add.part < a_.parts.count; ++add.part, add.is_first = false) {
        add.product.begin = a_.parts.begin(add.part);
        add.product.depth = a_.parts.size(add.part);
        add.product.b = b.at<std::int8_t>(b.panel_at(panel, tap, add.product.begin));
        add.column_sums = b.at<float>(b.sums_at(panel, tap, add.part));
        for (std::int64_t tile = 0; tile < tiles_; ++tile) {
          const auto at = static_cast<std::size_t>((tile * b.taps + tap) * kMaxTileRows);
          add.product.rows = bytes_.data() + at;
          add.ranges = ranges_.data() + at;
          add.c = sums + tile * height_ * b.width;
          int8_kernels().add[static_cast<std::size_t>(std::min(height_, rows_ - tile * height_))](add);
        }
      }
    }
    return sums;
  }

  const Int8Product& p_;
  RoundedRows& a_;
  std::int64_t first_, rows_, height_, tiles_;
  std::vector<const std::uint8_t*> bytes_;
  std::vector<const float*> ranges_;
};

}  // namespace

Int8Parts::Int8Parts(std::int64_t depth)
    : count((depth + kMostDepth - 1) / kMostDepth),
      each(round_up((depth + count - 1) / count, 4)),
      padded(round_up(depth, 4)) {}

std::size_t Int8Panels::bytes() const {
  const Int8Parts parts(depth);
  const std::int64_t floats = taps * parts.count + 1;
  return static_cast<std::size_t>(count() * width) * static_cast<std::size_t>(taps * parts.padded + floats * 4);
}

std::size_t Int8Panels::panel_at(std::int64_t i, std::int64_t tap, std::int64_t row) const {
  return static_cast<std::size_t>(((i * taps + tap) * round_up(depth, 4) + row) * width);
}

std::size_t Int8Panels::sums_at(std::int64_t i, std::int64_t tap, std::int64_t part) const {
  const std::int64_t row = (i * taps + tap) * Int8Parts(depth).count + part;
  return panel_at(count(), 0, 0) + static_cast<std::size_t>(row * width) * sizeof(float);
}

std::size_t Int8Panels::scales_at(std::int64_t i) const {
  return sums_at(count(), 0, 0) + static_cast<std::size_t>(i * width) * sizeof(float);
}

const Int8Panels& int8_panels(Context& ctx, const Weight& weight) {
  return weight.packed<Int8Panels>([&] { return panels_of(ctx, weight); });
}

void multiply_int8(Context& ctx, const Int8Product& p) {
  require(p.b.width == tile_kernels().columns, "[int8] the weight was packed for another instruction set");
  const std::int64_t units = p.gated ? p.b.count() / 2 : p.b.count();  // panels, or pairs of them
  const std::int64_t row_blocks = (p.rows + kBlockRows - 1) / kBlockRows;
  if (row_blocks == 0 || units == 0) return;
  const std::int64_t most = p.gated ? kMostPanels / 2 : kMostPanels;
  const std::int64_t at_once = std::clamp<std::int64_t>(units * row_blocks / kBlocksWanted, 1, most);
  const std::int64_t column_blocks = (units + at_once - 1) / at_once;
  std::vector<float> bias(static_cast<std::size_t>(p.b.count() * p.b.width));
  if (p.bias != nullptr) std::ranges::copy(p.bias->f32(), bias.begin());
  RoundedRows a(ctx, p);
  ctx.threads().parallel_for(row_blocks * column_blocks, [&](std::int64_t task) {
    const std::int64_t first = task / column_blocks * kBlockRows, unit = task % column_blocks * at_once;
    const Int8Block block(p, a, first, std::min(kBlockRows, p.rows - first));
    for (std::int64_t i = unit; i < std::min(units, unit + at_once); ++i) {
      p.gated ? block.multiply_gated(i, bias.data()) : block.multiply(i, bias.data());
    }
  });
}

}  // namespace pxf
