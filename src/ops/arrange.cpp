#include "ops/arrange.h"

#include <algorithm>

namespace pxf {
namespace {

Tensor transpose(const Tensor& src, const Shape& as_matrix, const Shape& result) {
  const Tensor matrix = src.reshape(as_matrix);
  Tensor dst = src.context().empty(as_matrix.with(1, as_matrix.dim(2)).with(2, as_matrix.dim(1)));
  src.context().run(TransposeDesc{matrix, dst});
  return dst.reshape(result);
}

}  // namespace

Tensor concat_channels(const Tensor& x, const Tensor& y) {
  require(x.rank() >= 1 && x.rank() == y.rank() && x.shape().with(-1, 1) == y.shape().with(-1, 1),
          "[concat] got {} and {}: only the last extent may differ", x.shape().text(), y.shape().text());
  Tensor dst = x.context().empty(x.shape().with(-1, x.dim(-1) + y.dim(-1)));
  x.context().run(ConcatDesc{x, y, dst});
  return dst;
}

Tensor channel_range(const Tensor& src, std::int64_t begin, std::int64_t end) {
  require(src.rank() >= 1 && 0 <= begin && begin < end && end <= src.dim(-1), "[channel_range] {} to {} of {}", begin,
          end, src.shape().text());
  Tensor dst = src.context().empty(src.shape().with(-1, end - begin));
  float* to = dst.f32();
  for (std::int64_t i = begin; i < src.numel(); i += src.dim(-1)) to = std::copy_n(src.f32() + i, end - begin, to);
  return dst;
}

Tensor concat_batch(std::span<const Tensor> parts) {
  require(!parts.empty() && parts[0].rank() >= 1, "[concat] nothing to join");
  std::int64_t rows = 0;
  for (const Tensor& part : parts) {
    require(part.shape().with(0, 1) == parts[0].shape().with(0, 1),
            "[concat] got {} and {}: only the first extent may differ", parts[0].shape().text(), part.shape().text());
    rows += part.dim(0);
  }
  Tensor dst = parts[0].context().empty(parts[0].shape().with(0, rows));
  float* to = dst.f32();
  for (const Tensor& part : parts) to = std::copy_n(part.f32(), part.numel(), to);
  return dst;
}

Tensor upsample_nearest(const Tensor& src, std::int64_t height, std::int64_t width) {
  require(src.rank() == 4 && src.numel() > 0, "[upsample] src: got {}, need (B, H, W, C)", src.shape().text());
  Tensor dst = src.context().empty({src.dim(0), height, width, src.dim(3)});
  src.context().run(UpsampleDesc{src, dst});
  return dst;
}

Tensor padded(const Tensor& src, std::int64_t before, std::int64_t after, Wrap wrap) {
  require(src.rank() == 4 && src.numel() > 0 && before >= 0 && after >= 0, "[padded] src: got {}, need (B, H, W, C)",
          src.shape().text());
  const std::int64_t h = src.dim(1), w = src.dim(2), c = src.dim(3);
  const std::int64_t rows = h + before + after, columns = w + before + after;
  Tensor dst = src.context().full({src.dim(0), rows, columns, c}, 0);
  // Where a place of dst comes from; negative: it stays zero.
  const auto origin = [before](std::int64_t at, std::int64_t size, bool wraps) {
    const std::int64_t from = at - before;
    if (from >= 0 && from < size) return from;
    return wraps ? (from % size + size) % size : std::int64_t{-1};
  };
  const float* from = src.f32();
  float* to = dst.f32();
  src.context().threads().parallel_for(src.dim(0) * rows, [&](std::int64_t task) {
    const std::int64_t b = task / rows, y = origin(task % rows, h, wrap.y);
    for (std::int64_t column = 0; y >= 0 && column < columns; ++column) {
      const std::int64_t x = origin(column, w, wrap.x);
      if (x >= 0) std::copy_n(from + ((b * h + y) * w + x) * c, c, to + (task * columns + column) * c);
    }
  });
  return dst;
}

Tensor embedding(const Tensor& ids, const Weight& table) {
  require(ids.rank() == 2 && table.shape().rank() == 2, "[embedding] ids {}, table {}: need (B, N) and (rows, C)",
          ids.shape().text(), table.shape().text());
  for (const std::int32_t id : ids.span<std::int32_t>()) {
    require(id >= 0 && id < table.shape().dim(0), "[embedding] id {}: the table has {} rows", id, table.shape().dim(0));
  }
  Tensor dst = ids.context().empty({ids.dim(0), ids.dim(1), table.shape().dim(1)});
  ids.context().run(EmbeddingDesc{ids, table, dst});
  return dst;
}

Tensor channels_last(const Tensor& src) {
  require(src.rank() == 4, "[channels_last] src: got {}, need (B, C, H, W)", src.shape().text());
  const std::int64_t b = src.dim(0), c = src.dim(1), h = src.dim(2), w = src.dim(3);
  return transpose(src, {b, c, h * w}, {b, h, w, c});
}

Tensor channels_first(const Tensor& src) {
  require(src.rank() == 4, "[channels_first] src: got {}, need (B, H, W, C)", src.shape().text());
  const std::int64_t b = src.dim(0), h = src.dim(1), w = src.dim(2), c = src.dim(3);
  return transpose(src, {b, h * w, c}, {b, c, h, w});
}

}  // namespace pxf
