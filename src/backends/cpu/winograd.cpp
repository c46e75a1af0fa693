// 3x3 convolutions with a quarter of the multiplications: tiles of 6 x 6 pixels and the kernels are transformed,
// multiplied place by place (36 products of matrices), and transformed back to 4 x 4 pixels. Lavin and Gray 2015. The
// transformed weights are four times as large, and rounding errors some ten times as large, as the direct way's.
#include <algorithm>
#include <array>
#include <vector>

#include "backends/backends.h"
#include "backends/cpu/cpu.h"
#include "backends/cpu/kernels.h"
#include "backends/cpu/panels.h"
#include "ops/conv2d.h"

namespace pxf {
namespace {

constexpr std::int64_t kPlaces = 36;     // of a tile of 6 x 6
constexpr std::int64_t kTileSide = 4;    // pixels that a tile yields
constexpr std::int64_t kMostTiles = 48;  // at once; a multiple of all tile heights of the multiplication
constexpr std::int64_t kColumns = 128;   // output channels at once: 36 x 48 x 128 sums are 0.9 MiB
constexpr std::uint64_t kMostWeightBytes = std::uint64_t{64} << 20;
constexpr std::int64_t kFewestTiles = 24;

// The kernel (Cout, Cin, 3, 3) as 36 matrices (Cin, Cout), each in panels.
struct WinogradPanels {
  std::shared_ptr<const Buffer> memory;
  std::int64_t depth = 0, columns = 0, width = 0;

  std::int64_t count() const { return (columns + width - 1) / width; }
  std::size_t bytes() const { return static_cast<std::size_t>(kPlaces * count() * depth * width) * sizeof(float); }
  std::int64_t at(std::int64_t place, std::int64_t panel) const { return (place * count() + panel) * depth * width; }
  const float* panel(std::int64_t place, std::int64_t i) const {
    return reinterpret_cast<const float*>(memory->data()) + at(place, i);
  }
};

constexpr std::size_t kMostLanes = 64;  // columns of the widest panel
using Lanes = std::array<double, kMostLanes>;

// to = G kernel G^T, in f64, of `width` kernels side by side.
void transform_kernels(const std::array<Lanes, 9>& kernels, std::size_t width, std::array<Lanes, kPlaces>& to) {
  static constexpr double kG[6][3] = {{1.0 / 4, 0, 0},
                                      {-1.0 / 6, -1.0 / 6, -1.0 / 6},
                                      {-1.0 / 6, 1.0 / 6, -1.0 / 6},
                                      {1.0 / 24, 1.0 / 12, 1.0 / 6},
                                      {1.0 / 24, -1.0 / 12, 1.0 / 6},
                                      {0, 0, 1}};
  const auto combine = [&](const double(&g)[3], const Lanes& a, const Lanes& b, const Lanes& c, Lanes& out) {
    for (std::size_t lane = 0; lane < width; ++lane) out[lane] = g[0] * a[lane] + g[1] * b[lane] + g[2] * c[lane];
  };
  std::array<Lanes, 3> rows;
  for (std::size_t i = 0; i < 6; ++i) {
    for (std::size_t j = 0; j < 3; ++j) combine(kG[i], kernels[j], kernels[3 + j], kernels[6 + j], rows[j]);
    for (std::size_t j = 0; j < 6; ++j) combine(kG[j], rows[0], rows[1], rows[2], to[i * 6 + j]);
  }
}

std::shared_ptr<const Buffer> pack(Context& ctx, const Weight& weight, const WinogradPanels& p) {
  auto memory = ctx.memory().take_lasting(p.bytes());
  auto* to = reinterpret_cast<float*>(memory->data());
  const auto width = static_cast<std::size_t>(p.width);
  require(width <= kMostLanes, "[winograd] a panel of {} columns", width);
  ctx.threads().parallel_for(p.count(), [&](std::int64_t panel) {
    const std::int64_t first = panel * p.width, length = p.depth * 9;
    std::vector<float> channels(width * static_cast<std::size_t>(length));  // zeros where the panel is filled up
    const std::int64_t used = std::min(p.width, p.columns - first) * length;
    read_weight(weight, first * length, {channels.data(), static_cast<std::size_t>(used)});
    std::array<Lanes, 9> kernels;
    std::array<Lanes, kPlaces> transformed;
    for (std::int64_t c = 0; c < p.depth; ++c) {
      for (std::size_t lane = 0; lane < width; ++lane) {
        const float* from = channels.data() + static_cast<std::int64_t>(lane) * length + c * 9;
        for (std::size_t k = 0; k < 9; ++k) kernels[k][lane] = from[k];
      }
      transform_kernels(kernels, width, transformed);
      for (std::int64_t place = 0; place < kPlaces; ++place) {
        const Lanes& lanes = transformed[static_cast<std::size_t>(place)];
        std::copy_n(lanes.begin(), width, to + p.at(place, panel) + c * p.width);
      }
    }
  });
  return memory;
}

WinogradPanels panels_of(Context& ctx, const Weight& weight) {
  WinogradPanels p;
  p.columns = weight.shape().dim(0);
  p.depth = weight.shape().dim(1);
  p.width = tile_kernels().columns;
  p.memory = weight.laid_out(fmt::format("winograd {}", p.width), p.bytes(), [&] { return pack(ctx, weight, p); });
  return p;
}

std::int64_t tiles_of(const Conv2dDesc& d) {
  const auto along = [](std::int64_t side) { return (side + kTileSide - 1) / kTileSide; };
  return d.dst.dim(0) * along(d.dst.dim(1)) * along(d.dst.dim(2));
}

std::uint64_t transformed_bytes(std::int64_t in, std::int64_t out) {
  return static_cast<std::uint64_t>(kPlaces * in * out) * sizeof(float);
}

Refusal accepts(const Conv2dDesc& d) {
  if (d.kernel_h() != 3 || d.kernel_w() != 3 || d.params.stride != 1) return "needs 3x3 kernels and stride 1";
  if (d.params.pad_before != 1 || d.params.pad_after != 1) return "needs a padding of 1";
  const std::int64_t lanes = winograd_kernels().lanes;
  if (d.in() % lanes != 0 || d.out() % lanes != 0) return "channels do not fill vectors";
  if (d.in() < 32 || d.out() < 32) return "too few channels for the transforms to pay";
  if (tiles_of(d) < kFewestTiles) return "too few pixels for the transformed weights to pay";
  if (transformed_bytes(d.in(), d.out()) > kMostWeightBytes)
    return "the transformed weights would take too much memory";
  return kAccepted;
}

class Winograd {
 public:
  explicit Winograd(Context& ctx, const Conv2dDesc& d)
      : desc_(d),
        weights_(d.weight.packed<WinogradPanels>([&] { return panels_of(ctx, d.weight); })),
        across_((d.dst.dim(2) + kTileSide - 1) / kTileSide),
        down_((d.dst.dim(1) + kTileSide - 1) / kTileSide),
        src_(d.src.f32()),
        dst_(d.dst.f32()),
        zeros_(static_cast<std::size_t>(d.in())),
        bias_(static_cast<std::size_t>(d.out())) {
    require(weights_.width == tile_kernels().columns, "[winograd] the weight was packed for another instruction set");
    if (d.bias != nullptr) std::ranges::copy(d.bias->f32(), bias_.begin());
  }

  // Tiles [first, first + count): what they need is read, transformed, multiplied and written.
  void run(std::int64_t first, std::int64_t count) const {
    thread_local std::vector<float> inputs, sums;
    const std::int64_t in = desc_.in(), out = desc_.out();
    inputs.resize(static_cast<std::size_t>(kPlaces * count * in));
    sums.resize(static_cast<std::size_t>(kPlaces * count * kColumns));
    for (std::int64_t t = 0; t < count; ++t) {
      winograd_kernels().input(source(first + t).data(), in, inputs.data() + t * in, count * in);
    }
    for (std::int64_t column = 0; column < out; column += kColumns) {
      const std::int64_t columns = std::min(kColumns, out - column);
      for (std::int64_t place = 0; place < kPlaces; ++place) {
        multiply(inputs.data() + place * count * in, count, place, column, columns,
                 sums.data() + place * count * kColumns);
      }
      for (std::int64_t t = 0; t < count; ++t) {
        winograd_kernels().output(sums.data() + t * kColumns, count * kColumns, columns, bias_.data() + column,
                                  target(first + t, column).data());
      }
    }
  }

 private:
  struct Corner {
    std::int64_t picture, y, x;  // of the tile's first output pixel
  };
  Corner corner(std::int64_t tile) const {
    return {tile / across_ / down_, tile / across_ % down_ * kTileSide, tile % across_ * kTileSide};
  }

  std::array<const float*, kPlaces> source(std::int64_t tile) const {
    const auto [picture, top, left] = corner(tile);
    const std::int64_t height = desc_.src.dim(1), width = desc_.src.dim(2);
    std::array<const float*, kPlaces> pixels{};
    for (std::int64_t i = 0; i < kPlaces; ++i) {
      const std::int64_t y = top + i / 6 - 1, x = left + i % 6 - 1;
      const bool inside = y >= 0 && y < height && x >= 0 && x < width;
      pixels[static_cast<std::size_t>(i)] =
          inside ? src_ + ((picture * height + y) * width + x) * desc_.in() : zeros_.data();
    }
    return pixels;
  }

  std::array<float*, kTileSide * kTileSide> target(std::int64_t tile, std::int64_t column) const {
    const auto [picture, top, left] = corner(tile);
    const std::int64_t height = desc_.dst.dim(1), width = desc_.dst.dim(2);
    std::array<float*, kTileSide * kTileSide> pixels{};
    for (std::int64_t i = 0; i < kTileSide * kTileSide; ++i) {
      const std::int64_t y = top + i / kTileSide, x = left + i % kTileSide;
      if (y >= height || x >= width) continue;
      pixels[static_cast<std::size_t>(i)] = dst_ + ((picture * height + y) * width + x) * desc_.out() + column;
    }
    return pixels;
  }

  // sums (count, columns; rows kColumns apart) = inputs (count, in) times columns [column, ...) of the place's matrix.
  void multiply(const float* inputs, std::int64_t count, std::int64_t place, std::int64_t column, std::int64_t columns,
                float* sums) const {
    constexpr std::int64_t kDepth = 256;  // as in panels.cpp
    static constexpr float kZeros[64] = {};
    const TileKernels& kernels = tile_kernels();
    const std::int64_t in = desc_.in();
    const float* rows[kMaxTileRows];
    TileArgs args{};
    args.rows = rows;
    args.taps = 1;
    args.c_stride = kColumns;
    for (std::int64_t begin = 0; begin < in; begin += kDepth) {
      args.begin = begin;
      args.depth = std::min(kDepth, in - begin);
      args.start = begin == 0 ? kZeros : nullptr;
      for (std::int64_t j = 0; j < columns; j += weights_.width) {
        args.b = weights_.panel(place, (column + j) / weights_.width) + begin * weights_.width;
        args.columns = std::min(weights_.width, columns - j);
        for (std::int64_t t = 0; t < count; t += kernels.rows) {
          const std::int64_t used = std::min<std::int64_t>(kernels.rows, count - t);
          for (std::int64_t i = 0; i < used; ++i) rows[i] = inputs + (t + i) * in;
          args.c = sums + t * kColumns + j;
          kernels.run[static_cast<std::size_t>(used)](args);
        }
      }
    }
  }

  const Conv2dDesc& desc_;
  const WinogradPanels& weights_;
  std::int64_t across_, down_;  // tiles
  const float* src_;
  float* dst_;
  std::vector<float> zeros_;  // what lies outside the picture
  std::vector<float> bias_;
};

void run_conv2d(Context& ctx, const Conv2dDesc& d) {
  const Winograd winograd(ctx, d);
  const std::int64_t tiles = tiles_of(d);
  // Enough tasks to share out evenly; a multiple of every tile height of the multiplication (6 and 12).
  const std::int64_t at_once = std::clamp<std::int64_t>((tiles / 16 + 11) / 12 * 12, 12, kMostTiles);
  ctx.threads().parallel_for((tiles + at_once - 1) / at_once, [&](std::int64_t task) {
    winograd.run(task * at_once, std::min(at_once, tiles - task * at_once));
  });
}

}  // namespace

std::uint64_t packed_weight_bytes(const Shape& shape) {
  const std::uint64_t direct = static_cast<std::uint64_t>(shape.numel()) * sizeof(float);
  if (shape.rank() != 4 || shape.dim(2) != 3 || shape.dim(3) != 3) return direct;
  const std::uint64_t transformed = transformed_bytes(shape.dim(1), shape.dim(0));
  return transformed > kMostWeightBytes ? direct : transformed;
}

void add_cpu_winograd(Backend& backend) { backend.add<Conv2dDesc>({"winograd", accepts, run_conv2d}); }

}  // namespace pxf
