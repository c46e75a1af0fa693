// Ops that move elements without computing: concatenation, upsampling, table rows, layout.
#pragma once

#include <cstdint>
#include <span>

#include "ops/context.h"
#include "ops/weight.h"

namespace pxf {

struct ConcatDesc {
  static constexpr const char* kOp = "concat";
  const Tensor& x;  // (..., Cx)
  const Tensor& y;  // (..., Cy)
  Tensor& dst;      // (..., Cx + Cy)

  double flops() const { return 0; }
};

struct UpsampleDesc {
  static constexpr const char* kOp = "upsample";
  const Tensor& src;  // (B, H, W, C)
  Tensor& dst;        // (B, Ho, Wo, C)

  double flops() const { return 0; }
};

struct EmbeddingDesc {
  static constexpr const char* kOp = "embedding";
  const Tensor& ids;    // (B, N), i32
  const Weight& table;  // (rows, C)
  Tensor& dst;          // (B, N, C)

  double flops() const { return 0; }
};

struct TransposeDesc {
  static constexpr const char* kOp = "transpose";
  const Tensor& src;  // (B, R, C)
  Tensor& dst;        // (B, C, R)

  double flops() const { return 0; }
};

/// Joins the last extents: (..., Cx), (..., Cy) -> (..., Cx + Cy), x first.
Tensor concat_channels(const Tensor& x, const Tensor& y);
/// Channels [begin, end) of the last extent; a copy.
Tensor channel_range(const Tensor& src, std::int64_t begin, std::int64_t end);
/// Joins the first extents; a copy.
Tensor concat_batch(std::span<const Tensor> parts);
/// Nearest neighbour, (B, H, W, C) -> (B, height, width, C): source row = floor(row * H / height).
Tensor upsample_nearest(const Tensor& src, std::int64_t height, std::int64_t width);
/// (B, H, W, C) with so many rows above and below and columns at both sides: those of the opposite edge where it wraps,
/// else zeros.
Tensor padded(const Tensor& src, std::int64_t before, std::int64_t after, Wrap wrap);
/// Rows of a table: ids (B, N), i32 -> (B, N, C). Throws when an id has no row.
Tensor embedding(const Tensor& ids, const Weight& table);
/// (B, C, H, W) -> (B, H, W, C), and back.
Tensor channels_last(const Tensor& src);
Tensor channels_first(const Tensor& src);

}  // namespace pxf
