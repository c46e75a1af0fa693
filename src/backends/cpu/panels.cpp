#include "backends/cpu/panels.h"

#include <algorithm>
#include <vector>

#include "backends/cpu/kernels.h"

namespace pxf {
namespace {

// Rows of B that a tile goes through before the next one: a panel's slice (256 x 16 f32: 16 KiB) stays in the
// first-level cache while all tiles of a block use it.
constexpr std::int64_t kDepth = 256;
// Rows of A in a block: with kDepth columns 192 KiB, which stays in the second-level cache. A multiple of all tile
// heights.
constexpr std::int64_t kBlockRows = 192;
// Enough blocks that the last ones to finish do not leave other threads waiting long.
constexpr std::int64_t kBlocksWanted = 48;

std::shared_ptr<const Buffer> pack(Context& ctx, const Weight& weight, const Panels& p) {
  const std::int64_t length = p.depth * p.taps;
  auto memory = ctx.memory().take_lasting(p.bytes());
  auto* panels = reinterpret_cast<float*>(memory->data());
  ctx.threads().parallel_for(p.count(), [&](std::int64_t i) {
    const std::int64_t first = i * p.width, used = std::min(p.width, p.columns - first);
    std::vector<float> rows(static_cast<std::size_t>(p.width * length));
    read_weight(weight, first * length, {rows.data(), static_cast<std::size_t>(used * length)});
    float* to = panels + i * p.width * length;
    for (std::int64_t tap = 0; tap < p.taps; ++tap) {
      for (std::int64_t k = 0; k < p.depth; ++k) {
        for (std::int64_t j = 0; j < p.width; ++j)
          *to++ = rows[static_cast<std::size_t>(j * length + k * p.taps + tap)];
      }
    }
  });
  return memory;
}

Panels panels_of(Context& ctx, const Weight& weight) {
  Panels p;
  p.columns = weight.shape().dim(0);
  p.depth = weight.shape().dim(1);
  p.taps = p.depth == 0 ? 1 : weight.shape().numel() / p.columns / p.depth;
  p.width = tile_kernels().columns;
  p.memory = weight.laid_out(fmt::format("panels {}", p.width), p.bytes(), [&] { return pack(ctx, weight, p); });
  return p;
}

// A slice of the depth that one pass over a block's tiles multiplies: part of one tap, or several whole taps.
struct Slice {
  std::int64_t first_tap, taps, begin, depth;
};

std::vector<Slice> slices(const Panels& b) {
  std::vector<Slice> out;
  if (b.depth > kDepth) {
    const std::int64_t parts = (b.depth + kDepth - 1) / kDepth, size = (b.depth + parts - 1) / parts;
    for (std::int64_t tap = 0; tap < b.taps; ++tap) {
      for (std::int64_t begin = 0; begin < b.depth; begin += size) {
        out.push_back({tap, 1, begin, std::min(size, b.depth - begin)});
      }
    }
  } else {
    const std::int64_t at_once = std::max<std::int64_t>(1, kDepth / std::max<std::int64_t>(1, b.depth));
    for (std::int64_t tap = 0; tap < b.taps; tap += at_once) {
      out.push_back({tap, std::min(at_once, b.taps - tap), 0, b.depth});
    }
  }
  return out;
}

}  // namespace

void read_weight(const Weight& weight, std::int64_t begin, std::span<float> out) {
  if (weight.dtype() != DType::f16) return weight.read_f32(begin, out);
  const Bytes bytes = weight.bytes().subspan(static_cast<std::size_t>(begin) * 2, out.size() * 2);
  tile_kernels().widen_f16(reinterpret_cast<const std::uint16_t*>(bytes.data()), out.data(),
                           static_cast<std::int64_t>(out.size()));
}

const Panels& packed_panels(Context& ctx, const Weight& weight) {
  return weight.packed<Panels>([&] { return panels_of(ctx, weight); });
}

void multiply_panels(Context& ctx, const PanelProduct& p) {
  const TileKernels& kernels = tile_kernels();
  const Panels& b = p.b;
  require(b.width == kernels.columns, "[panels] the weight was packed for another instruction set");
  const std::int64_t panels = b.count(), tile_rows = kernels.rows;
  const std::int64_t row_blocks = (p.rows + kBlockRows - 1) / kBlockRows;
  if (row_blocks == 0 || panels == 0) return;
  const std::int64_t panels_at_once = std::clamp<std::int64_t>(panels * row_blocks / kBlocksWanted, 1, 16);
  const std::int64_t column_blocks = (panels + panels_at_once - 1) / panels_at_once;

  std::vector<float> start(static_cast<std::size_t>(panels * b.width));
  if (p.bias != nullptr) std::ranges::copy(p.bias->f32(), start.begin());
  const std::vector<Slice> parts = slices(b);

  ctx.threads().parallel_for(row_blocks * column_blocks, [&](std::int64_t task) {
    const std::int64_t first_row = task / column_blocks * kBlockRows;
    const std::int64_t rows = std::min(kBlockRows, p.rows - first_row);
    const std::int64_t first_panel = task % column_blocks * panels_at_once;
    const std::int64_t last_panel = std::min(panels, first_panel + panels_at_once);
    const std::int64_t tiles = (rows + tile_rows - 1) / tile_rows;

    std::vector<const float*> located(static_cast<std::size_t>(tiles * b.taps * kMaxTileRows));
    for (std::int64_t r = 0; r < rows; ++r) {
      p.locate(first_row + r, located.data() + r / tile_rows * b.taps * kMaxTileRows + r % tile_rows, kMaxTileRows);
    }
    for (std::size_t part = 0; part < parts.size(); ++part) {
      const Slice& slice = parts[part];
      for (std::int64_t panel = first_panel; panel < last_panel; ++panel) {
        TileArgs args;
        args.taps = slice.taps;
        args.begin = slice.begin;
        args.depth = slice.depth;
        args.b = b.panel(panel) + (slice.first_tap * b.depth + slice.begin) * b.width;
        args.start = part == 0 ? start.data() + panel * b.width : nullptr;
        args.c_stride = b.columns;
        args.columns = std::min(b.width, b.columns - panel * b.width);
        for (std::int64_t tile = 0; tile < tiles; ++tile) {
          args.rows = located.data() + (tile * b.taps + slice.first_tap) * kMaxTileRows;
          args.c = p.dst + (first_row + tile * tile_rows) * b.columns + panel * b.width;
          kernels.run[static_cast<std::size_t>(std::min(tile_rows, rows - tile * tile_rows))](args);
        }
      }
    }
  });
}

}  // namespace pxf
