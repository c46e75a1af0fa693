// The inner loops that exist once for each instruction set, as tables of functions. What calls them (dense.cpp,
// attention.cpp, ...) is ordinary code that knows no instruction set.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "tensor/dtype.h"

namespace pxf {

/// A block of rows of A times one panel of B: c (rows x columns) = or += sum over taps t and k of
/// rows[t * kMaxTileRows + i][k] * b[(t * depth + k) * tile_columns + j].
/// A linear layer has one tap; a convolution has one for each kernel position, its rows pointing at source pixels.
struct TileArgs {
  const float* const* rows;
  std::int64_t taps;
  std::int64_t begin, depth;            // elements [begin, begin + depth) of each row
  const float* columns_of_a = nullptr;  // of run_columns, instead of rows: A[i][k] lies at [k * column_stride + i]
  std::int64_t column_stride = 0;
  const float* b;
  const float* start;  // what c starts from (tile_columns numbers, the bias); null: from what c holds
  float* c;
  std::int64_t c_stride;
  std::int64_t columns;  // columns of c, at most tile_columns
};

inline constexpr int kMaxTileRows = 12;

struct TileKernels {
  const char* instruction_set;
  int rows;                                                             // of a full tile
  int columns;                                                          // of a panel
  std::array<void (*)(const TileArgs&), kMaxTileRows + 1> run;          // by number of rows, 1 ... rows
  std::array<void (*)(const TileArgs&), kMaxTileRows + 1> run_columns;  // A column after column; one tap
  /// f16 or bf16 elements of a panel (a multiple of its columns) as f32.
  void (*widen)(DType type, const std::byte* from, float* to, std::int64_t count);
};
const TileKernels& tile_kernels();

/// A block of rows of bytes times one panel's part of one tap.
struct Int8TileArgs {
  const std::uint8_t* const* rows;
  std::int64_t begin, depth;  // bytes [begin, begin + depth) of each row; depth is a multiple of 4
  const std::int8_t* b;       // (depth / 4, tile_columns, 4)
  std::int32_t* sums;         // (rows, tile_columns): sum over k of rows[i][begin + k] b[k][j]
};
using Int8Tiles = std::array<void (*)(const Int8TileArgs&), kMaxTileRows + 1>;  // by number of rows

/// Such sums as the numbers that they stand for: c (rows, tile_columns) = or += scale_i sums + low_i column_sums, where
/// scale_i and low_i are ranges[i][2 part] and the number after it. The product's own `sums` are not written.
struct Int8SumArgs {
  Int8TileArgs product;
  const float* const* ranges;
  std::int64_t part;
  const float* column_sums;
  bool is_first;
  float* c;
};

using Int8SumTiles = std::array<void (*)(const Int8SumArgs&), kMaxTileRows + 1>;

struct Int8Kernels {
  bool has_dot_product;  // sums of four products by one instruction
  int rows;
  Int8Tiles run;
  Int8SumTiles add;
  /// x as bytes: x = range[0] * byte + range[1]. A row with a number that is not finite gets a range of NaN.
  void (*round_row)(const float* x, std::int64_t count, std::uint8_t* to, float* range);
  /// x as signed bytes around 0: x = scale * byte; gives their sum too. `count` is a multiple of the vectors' length.
  void (*round_signed)(const float* x, std::int64_t count, std::int8_t* to, float* scale, float* sum);
  /// dst (rows, columns; `stride` apart) = c (rows, tile_columns) scale + bias, column by column.
  void (*finish)(const float* c, std::int64_t rows, const float* scale, const float* bias, std::int64_t columns,
                 float* dst, std::int64_t stride);
};
const Int8Kernels& int8_kernels();
/// Those that need no dot product instruction: the same sums, for tests.
const Int8Kernels& plain_int8_kernels();
/// Null where the processor has none.
const Int8Tiles* vnni_tiles();
const Int8SumTiles* vnni_sum_tiles();

/// Attention's products in bytes, for processors with the dot product.
struct Int8AttentionKernels {
  /// scores (rows, tile_columns): row i of keys, k = ranges[2 i] byte + ranges[2 i + 1], times a panel of queries, q =
  /// scales[j] byte, whose bytes' sums are column_sums[j].
  struct Scores {
    Int8TileArgs product;
    const float* ranges;
    const float* scales;
    const float* column_sums;
    float* scores;
  };
  /// out (rows, tile_columns) = out times factor[j] plus byte[j] times rows of signed bytes times a panel of unsigned
  /// ones.
  struct Values {
    Int8TileArgs product;
    const float* byte;
    const float* factor;
    float* out;
  };
  std::array<void (*)(const Scores&), kMaxTileRows + 1> scores;
  std::array<void (*)(const Values&), kMaxTileRows + 1> add_values;
};
/// Null where the processor has none.
const Int8AttentionKernels* vnni_attention();

struct WinogradKernels {
  std::int64_t lanes;  // channels must be a multiple
  /// G g G^T of the 3 x 3 kernels g of `depth` input channels and a panel's `width` output channels: from (9, depth,
  /// width) of any panel type, taps `tap_stride` elements apart, to 36 places of (depth, width), `stride` numbers
  /// apart.
  void (*weights)(DType type, const std::byte* from, std::int64_t tap_stride, std::int64_t depth, std::int64_t width,
                  float* to, std::int64_t stride);
  /// A tile of 6 x 6 pixels becomes 36 rows of `channels` numbers, `stride` apart.
  void (*input)(const float* const* pixels, std::int64_t channels, float* to, std::int64_t stride);
  /// 36 such rows become 4 x 4 pixels plus bias; null pixels lie outside the picture and are not written.
  void (*output)(const float* from, std::int64_t stride, std::int64_t channels, const float* bias,
                 float* const* pixels);
};
const WinogradKernels& winograd_kernels();

/// Of as many columns side by side as a panel has.
struct SoftmaxKernels {
  /// Column j of s (rows, panel) becomes exp(s - m) with m = max(highest[j], max s); highest[j] becomes m, total[j] is
  /// rescaled and grows by the column's sum, rescale[j] = exp(old highest - m). The streaming softmax of Milakov and
  /// Gimelshein 2018.
  void (*columns)(float* s, std::int64_t rows, float* highest, float* total, float* rescale);
  /// The same, s left as it is: what it would become goes to `to` as bytes (rows / 4, panel, 4), the column's largest
  /// as 255; byte[j] is what one stands for, total[j] sums that. `rows` is a multiple of 4.
  void (*columns_as_bytes)(const float* s, std::int64_t rows, float* highest, float* total, float* rescale, float* byte,
                           std::uint8_t* to);
  /// Column j of x (rows, panel) times factor[j].
  void (*scale_columns)(float* x, std::int64_t rows, const float* factor);
  /// `count` rows of `width` numbers, `stride` apart, times `factor` as the first columns of to (width, panel); the
  /// others become zero.
  void (*to_columns)(const float* from, std::int64_t stride, std::int64_t count, std::int64_t width, float factor,
                     float* to);
  /// The other way: number c of each row is from (width, panel) times scale[c] plus shift[c].
  void (*to_rows)(const float* from, std::int64_t count, std::int64_t width, const float* scale, const float* shift,
                  float* to, std::int64_t stride);
};
const SoftmaxKernels& softmax_kernels();

struct NormKernels {
  /// sum[c] += of `places` rows of `channels`.
  void (*sum)(const float* x, std::int64_t places, std::int64_t channels, float* sum);
  /// squares[c] += (x - centre[c])^2 likewise.
  void (*squares)(const float* x, std::int64_t places, std::int64_t channels, const float* centre, float* squares);
  /// y = (x - centre[c]) * scale[c] + shift[c], then SiLU if asked. The centre goes first: x may be large and nearly
  /// flat.
  void (*apply)(const float* x, std::int64_t places, std::int64_t channels, const float* centre, const float* scale,
                const float* shift, bool silu, float* y);
  void (*layer_norm_row)(const float* x, std::int64_t channels, const float* gamma, const float* beta, float eps,
                         float* y);
};
const NormKernels& norm_kernels();

struct ElementwiseKernels {
  void (*affine)(const float* x, std::int64_t count, float a, float b, float* y);
  void (*relu)(const float* x, std::int64_t count, float* y);
  void (*silu)(const float* x, std::int64_t count, float* y);
  void (*quick_gelu)(const float* x, std::int64_t count, float* y);
  void (*gelu)(const float* x, std::int64_t count, float* y);
  void (*weighted_sum)(const float* x, const float* y, std::int64_t count, float a, float b, float* z);
  void (*product)(const float* x, const float* y, std::int64_t count, float* z);
  /// y = value * gelu(gate), each `rows` rows of `width` numbers: those of value and gate `stride` apart.
  void (*gated_gelu)(const float* value, const float* gate, std::int64_t stride, std::int64_t rows, std::int64_t width,
                     float* y, std::int64_t y_stride);
};
const ElementwiseKernels& elementwise_kernels();

}  // namespace pxf
