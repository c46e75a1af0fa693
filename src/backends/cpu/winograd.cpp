// 3x3 convolutions with a quarter of the multiplications: tiles of 6 x 6 pixels and the kernels are transformed,
// multiplied place by place (36 products of matrices), and transformed back to 4 x 4 pixels. Lavin and Gray 2015.
// Rounding errors are some ten times as large as the direct way's. The kernels are kept as for the direct way and
// transformed each time they are used, a slice at a time: that costs a few hundredths of the multiplication that it is
// for, while transformed kernels kept in memory would take four times as much and be read four times as slowly.
#include <algorithm>
#include <array>
#include <span>
#include <vector>

#include "backends/backends.h"
#include "backends/cpu/aligned_floats.h"
#include "backends/cpu/cpu.h"
#include "backends/cpu/kernels.h"
#include "backends/cpu/panels.h"
#include "ops/conv2d.h"

namespace pxf {
namespace {

constexpr std::int64_t kPlaces = 36;   // of a tile of 6 x 6
constexpr std::int64_t kTileSide = 4;  // pixels that a tile yields
// Tiles that a slice of kernels is transformed for, a multiple of all tile heights of the multiplication; input
// channels of a slice. For panels of 32 columns 36 x 48 sums take 220 KiB, 36 x 96 rows of kernels 440 KiB: together
// they stay in a second-level cache of a megabyte.
constexpr std::int64_t kTiles = 48;
constexpr std::int64_t kDepth = 96;
constexpr std::int64_t kFewestTiles = 8;
// From so many blocks of tiles on, they go round among threads evenly enough. With fewer, panels are what threads share
// out, and so many transformed pixels are held at once, in numbers (8 MiB).
constexpr std::int64_t kManyBlocks = 16;
constexpr std::int64_t kMostInput = std::int64_t{2} << 20;
// Added to the distance between places, so that the same row of all 36 does not fall into one set of a cache.
constexpr std::int64_t kSkew = 16;

std::int64_t tiles_of(const Conv2dDesc& d) {
  const auto along = [](std::int64_t side) { return (side + kTileSide - 1) / kTileSide; };
  return d.dst.dim(0) * along(d.dst.dim(1)) * along(d.dst.dim(2));
}

Refusal accepts(const Conv2dDesc& d) {
  if (d.kernel_h() != 3 || d.kernel_w() != 3 || d.params.stride != 1) return "needs 3x3 kernels and stride 1";
  if (d.params.pad_before != 1 || d.params.pad_after != 1) return "needs a padding of 1";
  const std::int64_t lanes = winograd_kernels().lanes;
  if (d.in() % lanes != 0 || d.out() % lanes != 0) return "channels do not fill vectors";
  if (d.in() < 32 || d.out() < 32) return "too few channels for the transforms to pay";
  if (tiles_of(d) < kFewestTiles) return "too few pixels for the transforms to pay";
  if (kPlaces * (kTiles * d.in() + kSkew) * 4 > static_cast<std::int64_t>(kKernelWorkingBytes)) {
    return "transformed pixels of so many channels would take too much memory";
  }
  return kAccepted;
}

class Winograd {
 public:
  Winograd(Context& ctx, const Conv2dDesc& d)
      : ctx_(ctx),
        kernels_(packed_panels(ctx, d.weight)),
        height_(d.src.dim(1)),
        width_(d.src.dim(2)),
        in_(d.in()),
        out_(d.out()),
        tiles_(tiles_of(d)),
        across_((width_ + kTileSide - 1) / kTileSide),
        down_((height_ + kTileSide - 1) / kTileSide),
        slices_((in_ + kDepth - 1) / kDepth),
        depth_((in_ / lanes() + slices_ - 1) / slices_ * lanes()),
        place_stride_(std::min(kTiles, tiles_) * depth_ + kSkew),
        block_stride_(slices_ * kPlaces * place_stride_),
        src_(d.src.f32()),
        dst_(d.dst.f32()),
        zeros_(static_cast<std::size_t>(in_)),
        bias_(static_cast<std::size_t>(kernels_.count() * kernels_.width)) {
    require(kernels_.width == tile_kernels().columns, "[winograd] the weight was packed for another instruction set");
    if (d.bias != nullptr) std::ranges::copy(d.bias->f32(), bias_.begin());
  }

  void run() const {
    const std::int64_t blocks = (tiles_ + kTiles - 1) / kTiles;
    blocks >= kManyBlocks ? run_block_by_block(blocks) : run_panel_by_panel(blocks);
  }

 private:
  struct Corner {
    std::int64_t picture, y, x;  // of the tile's first output pixel
  };
  Corner corner(std::int64_t tile) const {
    return {tile / across_ / down_, tile / across_ % down_ * kTileSide, tile % across_ * kTileSide};
  }
  static std::int64_t lanes() { return winograd_kernels().lanes; }
  std::int64_t tiles_in(std::int64_t block) const { return std::min(kTiles, tiles_ - block * kTiles); }
  std::int64_t depth_of(std::int64_t slice) const { return std::min(depth_, in_ - slice * depth_); }

  // A thread takes whole blocks; what it transforms stays in its caches.
  void run_block_by_block(std::int64_t blocks) const {
    ctx_.threads().parallel_for(blocks, [&](std::int64_t block) {
      thread_local AlignedFloats room;
      float* inputs = room.at_least(block_stride_);
      transform_pixels(block, 0, tiles_in(block), inputs);
      for (std::int64_t panel = 0; panel < kernels_.count(); ++panel) multiply(block, panel, inputs);
    });
  }

  // Threads share the blocks, which are too few to go round: first their transformation, then the panels.
  void run_panel_by_panel(std::int64_t blocks) const {
    constexpr std::int64_t kAtOnce = 8;  // tiles a task
    const std::int64_t blocks_at_once = std::clamp<std::int64_t>(kMostInput / block_stride_, 1, blocks);
    Tensor inputs = ctx_.empty({blocks_at_once, block_stride_});
    float* room = inputs.f32();
    for (std::int64_t first = 0; first < blocks; first += blocks_at_once) {
      const std::int64_t count = std::min(blocks_at_once, blocks - first);
      ctx_.threads().parallel_for(count * kTiles / kAtOnce, [&](std::int64_t task) {
        const std::int64_t block = task * kAtOnce / kTiles, begin = task * kAtOnce % kTiles;
        transform_pixels(first + block, begin, std::min(begin + kAtOnce, tiles_in(first + block)),
                         room + block * block_stride_);
      });
      const std::int64_t panels = kernels_.count();
      ctx_.threads().parallel_for(count * panels, [&](std::int64_t task) {
        multiply(first + task / panels, task % panels, room + task / panels * block_stride_);
      });
    }
  }

  // Tiles [begin, end) of a block, to (slice of channels, place, tile, channel).
  void transform_pixels(std::int64_t block, std::int64_t begin, std::int64_t end, float* to) const {
    for (std::int64_t t = begin; t < end; ++t) {
      std::array<const float*, kPlaces> pixels = source(block * kTiles + t);
      for (std::int64_t slice = 0; slice < slices_; ++slice) {
        winograd_kernels().input(pixels.data(), depth_of(slice),
                                 to + slice * kPlaces * place_stride_ + t * depth_of(slice), place_stride_);
        for (const float*& pixel : pixels) pixel += depth_;
      }
    }
  }

  // The output channels of one panel for the tiles of one block.
  void multiply(std::int64_t block, std::int64_t panel, const float* inputs) const {
    const std::int64_t tiles = tiles_in(block), width = kernels_.width;
    const std::int64_t kernel_stride = depth_ * width + kSkew, sum_stride = tiles * width + kSkew;
    thread_local AlignedFloats kernel_room, sum_room;
    float* kernels = kernel_room.at_least(kPlaces * kernel_stride);
    float* sums = sum_room.at_least(kPlaces * sum_stride);
    for (std::int64_t slice = 0; slice < slices_; ++slice) {
      winograd_kernels().weights(kernels_.type, kernels_.row(panel, 0, slice * depth_), kernels_.depth * width,
                                 depth_of(slice), width, kernels, kernel_stride);
      for (std::int64_t place = 0; place < kPlaces; ++place) {
        add_product(inputs + (slice * kPlaces + place) * place_stride_, tiles, depth_of(slice),
                    kernels + place * kernel_stride, slice == 0, sums + place * sum_stride);
      }
    }
    const std::int64_t channel = panel * width, channels = std::min(width, out_ - channel);
    for (std::int64_t t = 0; t < tiles; ++t) {
      winograd_kernels().output(sums + t * width, sum_stride, channels, bias_.data() + channel,
                                target(block * kTiles + t, channel).data());
    }
  }

  // sums (tiles, width) = or += inputs (tiles, depth) kernels (depth, width).
  static void add_product(const float* inputs, std::int64_t tiles, std::int64_t depth, const float* kernels,
                          bool is_first, float* sums) {
    static constexpr float kZeros[64] = {};
    const TileKernels& tile = tile_kernels();
    const float* rows[kMaxTileRows];
    TileArgs args{};
    args.rows = rows;
    args.taps = 1;
    args.depth = depth;
    args.b = kernels;
    args.start = is_first ? kZeros : nullptr;
    args.c_stride = args.columns = tile.columns;
    for (std::int64_t t = 0; t < tiles; t += tile.rows) {
      const std::int64_t used = std::min<std::int64_t>(tile.rows, tiles - t);
      for (std::int64_t i = 0; i < used; ++i) rows[i] = inputs + (t + i) * depth;
      args.c = sums + t * tile.columns;
      tile.run[static_cast<std::size_t>(used)](args);
    }
  }

  std::array<const float*, kPlaces> source(std::int64_t tile) const {
    const auto [picture, top, left] = corner(tile);
    std::array<const float*, kPlaces> pixels{};
    for (std::int64_t i = 0; i < kPlaces; ++i) {
      const std::int64_t y = top + i / 6 - 1, x = left + i % 6 - 1;
      const bool inside = y >= 0 && y < height_ && x >= 0 && x < width_;
      pixels[static_cast<std::size_t>(i)] =
          inside ? src_ + ((picture * height_ + y) * width_ + x) * in_ : zeros_.data();
    }
    return pixels;
  }

  std::array<float*, kTileSide * kTileSide> target(std::int64_t tile, std::int64_t column) const {
    const auto [picture, top, left] = corner(tile);
    std::array<float*, kTileSide * kTileSide> pixels{};
    for (std::int64_t i = 0; i < kTileSide * kTileSide; ++i) {
      const std::int64_t y = top + i / kTileSide, x = left + i % kTileSide;
      if (y >= height_ || x >= width_) continue;
      pixels[static_cast<std::size_t>(i)] = dst_ + ((picture * height_ + y) * width_ + x) * out_ + column;
    }
    return pixels;
  }

  Context& ctx_;
  const Panels& kernels_;
  std::int64_t height_, width_, in_, out_;  // of both pictures: the padding keeps the size
  std::int64_t tiles_, across_, down_;
  std::int64_t slices_, depth_;  // of the input channels: how many, and how many channels in each but the last
  std::int64_t place_stride_, block_stride_;  // of the transformed pixels
  const float* src_;
  float* dst_;
  std::vector<float> zeros_;  // what lies outside the picture
  std::vector<float> bias_;
};

void run_conv2d(Context& ctx, const Conv2dDesc& d) { Winograd(ctx, d).run(); }

}  // namespace

void add_cpu_winograd(Backend& backend) { backend.add<Conv2dDesc>({"winograd", accepts, run_conv2d}); }

}  // namespace pxf
