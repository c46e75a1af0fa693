#include "backends/cpu/panels.h"

#include <hwy/cache_control.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include "backends/backends.h"
#include "backends/cpu/aligned_floats.h"
#include "backends/cpu/kernels.h"
#include "base/half.h"

namespace pxf {
namespace {

// Rows of B that a tile goes through before the next one, and numbers of a panel in them: 24 KiB stay in the
// first-level cache, with what a tile reads of A, while all tiles of a block use them.
constexpr std::int64_t kMostDepth = 256;
constexpr std::int64_t kDecodedFloats = 8192;  // for types with blocks of 256 elements
constexpr std::int64_t kSliceFloats = 6144;
// Rows of A in a block: with a slice's depth about 150 KiB, which stays in the second-level cache. A multiple of all
// tile heights.
constexpr std::int64_t kBlockRows = 192;
constexpr std::int64_t kMostPanels = 16;
constexpr std::int64_t kRowsOfDecoded = 768;  // more of them share what is slow to decode, and fewer panels, so that
constexpr std::int64_t kPanelsOfDecoded = 4;  // results stay in that cache too
// Enough blocks that the last ones to finish do not leave other threads waiting long.
constexpr std::int64_t kBlocksWanted = 48;

// `to` (taps, depth, width) from `from` (used, depth, taps): the columns that the panel lacks become zeros.
template <class T>
void interleave(const T* from, const Panels& p, std::int64_t used, T* to) {
  const std::int64_t length = p.depth * p.taps;
  for (std::int64_t tap = 0; tap < p.taps; ++tap) {
    for (std::int64_t k = 0; k < p.depth; ++k, to += p.width) {
      for (std::int64_t j = 0; j < used; ++j) to[j] = from[j * length + k * p.taps + tap];
      std::fill(to + used, to + p.width, T{0});
    }
  }
}

// Elements of a weight as it has them, or those of eight bits as f16, which has all their values.
std::vector<std::uint16_t> halves(const Weight& weight, std::int64_t begin, std::int64_t count) {
  std::vector<std::uint16_t> out(static_cast<std::size_t>(count));
  if (size_of(weight.dtype()) == 2) {
    const Bytes from = weight.bytes().subspan(static_cast<std::size_t>(begin) * 2, out.size() * 2);
    std::memcpy(out.data(), from.data(), from.size());  // the file's may not be aligned
    return out;
  }
  std::vector<float> values(out.size());
  weight.read_f32(begin, values);
  std::ranges::transform(values, out.begin(), f16_from_f32);
  return out;
}

DType packed_type(DType of_weight) {
  switch (of_weight) {
    case DType::f16:
    case DType::bf16: return of_weight;
    case DType::f8_e4m3:
    case DType::f8_e5m2: return DType::f16;
    default: return DType::f32;
  }
}

Panels unpacked_panels(const Weight& weight, DType type) {
  Panels p;
  p.type = type;
  p.columns = weight.shape().dim(0);
  p.depth = weight.shape().dim(1);
  p.taps = p.depth == 0 ? 1 : weight.shape().numel() / p.columns / p.depth;
  p.width = tile_kernels().columns;
  return p;
}

std::shared_ptr<const Buffer> pack(Context& ctx, const Weight& weight, const Panels& p) {
  const std::int64_t length = p.depth * p.taps;
  auto memory = ctx.memory().take_lasting(p.bytes());
  ctx.threads().parallel_for(p.count(), [&](std::int64_t i) {
    const std::int64_t first = i * p.width, used = std::min(p.width, p.columns - first);
    std::byte* to = memory->data() + static_cast<std::size_t>(i * p.width * length) * size_of(p.type);
    if (p.type == DType::f32) {
      std::vector<float> rows(static_cast<std::size_t>(used * length));
      weight.read_f32(first * length, rows);
      interleave(rows.data(), p, used, reinterpret_cast<float*>(to));
    } else {
      const std::vector<std::uint16_t> rows = halves(weight, first * length, used * length);
      interleave(rows.data(), p, used, reinterpret_cast<std::uint16_t*>(to));
    }
  });
  return memory;
}

Panels make_panels(Context& ctx, const Weight& weight) {
  Panels p = unpacked_panels(weight, packed_type(weight.dtype()));
  p.memory = weight.laid_out(fmt::format("panels {} {}", name_of(p.type), p.width), p.bytes(),
                             [&] { return pack(ctx, weight, p); });
  return p;
}

// A slice of the depth that one pass over a block's tiles multiplies: part of one tap, or several whole taps.
struct Slice {
  std::int64_t first_tap, taps, begin, depth;
};

std::vector<Slice> slices(const Panels& b) {
  const std::int64_t most = std::min(kMostDepth, (b.is_packed() ? kSliceFloats : kDecodedFloats) / b.width);
  std::vector<Slice> out;
  if (b.depth > most) {
    const std::int64_t parts = (b.depth + most - 1) / most, size = (b.depth + parts - 1) / parts;
    for (std::int64_t tap = 0; tap < b.taps; ++tap) {
      for (std::int64_t begin = 0; begin < b.depth; begin += size) {
        out.push_back({tap, 1, begin, std::min(size, b.depth - begin)});
      }
    }
  } else {
    const std::int64_t at_once = std::max<std::int64_t>(1, most / std::max<std::int64_t>(1, b.depth));
    for (std::int64_t tap = 0; tap < b.taps; tap += at_once) {
      out.push_back({tap, std::min(at_once, b.taps - tap), 0, b.depth});
    }
  }
  return out;
}

Bytes stored_slice(const Panels& b, std::int64_t panel, const Slice& slice) {
  if (!b.is_packed()) return {};
  const std::int64_t count = slice.taps * slice.depth * b.width;
  return {b.row(panel, slice.first_tap, slice.begin), static_cast<std::size_t>(count) * size_of(b.type)};
}

// A slice (depth, width) of a weight in blocks, in memory of this thread.
const float* decoded_slice(const Weight& weight, const Panels& b, std::int64_t panel, const Slice& slice) {
  alignas(BufferPool::kAlignment) thread_local std::array<float, kDecodedFloats> room;
  std::array<float, kMostDepth> row;
  const std::int64_t first = panel * b.width, used = std::min(b.width, b.columns - first);
  for (std::int64_t j = 0; j < b.width; ++j) {
    const std::span<float> values = std::span(row).first(static_cast<std::size_t>(slice.depth));
    if (j < used) {
      weight.read_f32((first + j) * b.depth + slice.begin, values);
    } else {
      std::ranges::fill(values, 0.0f);
    }
    float* to = room.data() + j;
    for (const float value : values) *to = value, to += b.width;
  }
  return room.data();
}

// A slice of a panel as f32: where it is, or widened into memory of this thread.
const float* slice_as_f32(const Weight& weight, const Panels& b, std::int64_t panel, const Slice& slice) {
  if (!b.is_packed()) return decoded_slice(weight, b, panel, slice);
  const Bytes from = stored_slice(b, panel, slice);
  if (b.type == DType::f32) return reinterpret_cast<const float*>(from.data());
  alignas(BufferPool::kAlignment) thread_local std::array<float, kSliceFloats> room;
  tile_kernels().widen(b.type, from.data(), room.data(), slice.taps * slice.depth * b.width);
  return room.data();
}

// The tile's share of the bytes on their way into the cache, so that widening them finds them there.
void prefetch_part(Bytes bytes, std::int64_t tile, std::int64_t tiles) {
  constexpr std::size_t kLine = 64;
  const std::size_t lines = (bytes.size() + kLine - 1) / kLine, count = static_cast<std::size_t>(tiles);
  const std::size_t each = (lines + count - 1) / count, first = static_cast<std::size_t>(tile) * each;
  for (std::size_t i = first; i < std::min(lines, first + each); ++i) hwy::Prefetch(bytes.data() + i * kLine);
}

}  // namespace

std::uint64_t packed_weight_bytes(const Shape& shape, DType dtype) {
  const bool is_linear = shape.rank() < 4 || (shape.dim(2) == 1 && shape.dim(3) == 1);
  if (is_block_type(dtype) && is_linear) return 0;
  return static_cast<std::uint64_t>(shape.numel()) * size_of(packed_type(dtype));
}

const Panels& packed_panels(Context& ctx, const Weight& weight) {
  return weight.packed<Panels>([&] { return make_panels(ctx, weight); });
}

Panels panels_of(Context& ctx, const Weight& weight) {
  if (!is_block_type(weight.dtype())) return packed_panels(ctx, weight);
  const Panels p = unpacked_panels(weight, weight.dtype());
  return p.taps == 1 ? p : packed_panels(ctx, weight);
}

bool halves_are_panels(std::int64_t columns) { return columns % (2 * tile_kernels().columns) == 0; }

namespace {

// A block of rows of the result times some of its panels. Of a gated layer these are pairs, of value and gate, whose
// products stay in the cache until the one is multiplied by the other.
class PanelBlock {
 public:
  PanelBlock(const PanelProduct& p, const std::vector<Slice>& slices, const float* start, std::int64_t first_row,
             std::int64_t rows, std::int64_t first_unit, std::int64_t last_unit)
      : p_(p),
        slices_(slices),
        start_(start),
        first_row_(first_row),
        rows_(rows),
        tile_rows_(tile_kernels().rows),
        tiles_((rows + tile_rows_ - 1) / tile_rows_),
        located_(static_cast<std::size_t>(tiles_ * p.b.taps * kMaxTileRows)) {
    for (std::int64_t r = 0; r < rows; ++r) {
      p.locate(first_row + r, located_.data() + r / tile_rows_ * p.b.taps * kMaxTileRows + r % tile_rows_,
               kMaxTileRows);
    }
    for (std::int64_t unit = first_unit; unit < last_unit; ++unit) {
      panels_.push_back(unit);
      if (p.gated) panels_.push_back(unit + p.b.count() / 2);
    }
  }

  void multiply() const {
    thread_local AlignedFloats room;
    const auto count = static_cast<std::int64_t>(panels_.size());
    float* products = p_.gated ? room.at_least(count * rows_ * p_.b.width) : nullptr;
    for (const Slice& slice : slices_) {
      for (std::int64_t i = 0; i < count; ++i) multiply(slice, i, products);
    }
    if (p_.gated) open_gates(products);
  }

 private:
  void multiply(const Slice& slice, std::int64_t i, float* products) const {
    const Panels& b = p_.b;
    const std::int64_t panel = panels_[static_cast<std::size_t>(i)], column = panel * b.width;
    TileArgs args;
    args.taps = slice.taps;
    args.begin = slice.begin;
    args.depth = slice.depth;
    args.b = slice_as_f32(p_.weight, b, panel, slice);
    args.start = &slice == slices_.data() ? start_ + column : nullptr;
    args.c_stride = p_.gated ? b.width : b.columns;
    args.columns = std::min(b.width, b.columns - column);
    float* c = p_.gated ? products + i * rows_ * b.width : p_.dst + first_row_ * b.columns + column;
    const bool is_last = i + 1 == static_cast<std::int64_t>(panels_.size());
    const Bytes next = is_last ? Bytes{} : stored_slice(b, panels_[static_cast<std::size_t>(i + 1)], slice);
    for (std::int64_t tile = 0; tile < tiles_; ++tile) {
      prefetch_part(next, tile, tiles_);
      args.rows = located_.data() + (tile * b.taps + slice.first_tap) * kMaxTileRows;
      args.c = c + tile * tile_rows_ * args.c_stride;
      tile_kernels().run[static_cast<std::size_t>(std::min(tile_rows_, rows_ - tile * tile_rows_))](args);
    }
  }

  void open_gates(const float* products) const {
    const std::int64_t width = p_.b.width, out = p_.b.columns / 2, size = rows_ * width;
    for (std::size_t i = 0; i < panels_.size(); i += 2, products += 2 * size) {
      elementwise_kernels().gated_gelu(products, products + size, width, rows_, width,
                                       p_.dst + first_row_ * out + panels_[i] * width, out);
    }
  }

  const PanelProduct& p_;
  const std::vector<Slice>& slices_;
  const float* start_;
  std::int64_t first_row_, rows_, tile_rows_, tiles_;
  std::vector<const float*> located_;
  std::vector<std::int64_t> panels_;
};

}  // namespace

void multiply_panels(Context& ctx, const PanelProduct& p) {
  const Panels& b = p.b;
  require(b.width == tile_kernels().columns, "[panels] the weight was packed for another instruction set");
  const std::int64_t units = p.gated ? b.count() / 2 : b.count();
  const std::int64_t block_rows = b.is_packed() ? kBlockRows : kRowsOfDecoded;
  const std::int64_t row_blocks = (p.rows + block_rows - 1) / block_rows;
  if (row_blocks == 0 || units == 0) return;
  const std::int64_t most = (b.is_packed() ? kMostPanels : kPanelsOfDecoded) / (p.gated ? 2 : 1);
  const std::int64_t at_once = std::clamp<std::int64_t>(units * row_blocks / kBlocksWanted, 1, most);
  const std::int64_t column_blocks = (units + at_once - 1) / at_once;

  std::vector<float> start(static_cast<std::size_t>(b.count() * b.width));
  if (p.bias != nullptr) std::ranges::copy(p.bias->f32(), start.begin());
  const std::vector<Slice> parts = slices(b);

  ctx.threads().parallel_for(row_blocks * column_blocks, [&](std::int64_t task) {
    const std::int64_t row = task / column_blocks * block_rows, unit = task % column_blocks * at_once;
    PanelBlock(p, parts, start.data(), row, std::min(block_rows, p.rows - row), unit, std::min(units, unit + at_once))
        .multiply();
  });
}

}  // namespace pxf
