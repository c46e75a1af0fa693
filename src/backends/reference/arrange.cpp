#include "ops/arrange.h"

#include <algorithm>

#include "backends/reference/reference.h"

namespace pxf {
namespace {

void run_concat(Context& ctx, const ConcatDesc& d) {
  const std::int64_t x_width = d.x.dim(-1), y_width = d.y.dim(-1), width = x_width + y_width;
  const float* x = d.x.f32();
  const float* y = d.y.f32();
  float* dst = d.dst.f32();
  constexpr std::int64_t kRows = 256;
  const std::int64_t rows = width == 0 ? 0 : d.dst.numel() / width;
  ctx.threads().parallel_for((rows + kRows - 1) / kRows, [&](std::int64_t task) {
    for (std::int64_t r = task * kRows; r < std::min(rows, (task + 1) * kRows); ++r) {
      float* to = std::copy_n(x + r * x_width, x_width, dst + r * width);
      std::copy_n(y + r * y_width, y_width, to);
    }
  });
}

void run_upsample(Context& ctx, const UpsampleDesc& d) {
  const std::int64_t height = d.src.dim(1), width = d.src.dim(2), channels = d.src.dim(3);
  const std::int64_t dst_h = d.dst.dim(1), dst_w = d.dst.dim(2);
  const float* src = d.src.f32();
  float* dst = d.dst.f32();
  ctx.threads().parallel_for(d.src.dim(0) * dst_h, [&](std::int64_t task) {
    const std::int64_t b = task / dst_h, y = task % dst_h;
    const float* row = src + (b * height + y * height / dst_h) * width * channels;
    float* to = dst + task * dst_w * channels;
    for (std::int64_t x = 0; x < dst_w; ++x) to = std::copy_n(row + x * width / dst_w * channels, channels, to);
  });
}

void run_embedding(Context&, const EmbeddingDesc& d) {
  const std::int64_t channels = d.table.shape().dim(1);
  float* to = d.dst.f32();
  for (const std::int32_t id : std::as_const(d.ids).span<std::int32_t>()) {
    d.table.read_f32(id * channels, {to, static_cast<std::size_t>(channels)});
    to += channels;
  }
}

void run_transpose(Context& ctx, const TransposeDesc& d) {
  const std::int64_t rows = d.src.dim(1), columns = d.src.dim(2);
  const float* src = d.src.f32();
  float* dst = d.dst.f32();
  ctx.threads().parallel_for(d.src.dim(0), [&](std::int64_t b) {
    const float* from = src + b * rows * columns;
    float* to = dst + b * rows * columns;
    for (std::int64_t c = 0; c < columns; ++c) {
      for (std::int64_t r = 0; r < rows; ++r) *to++ = from[r * columns + c];
    }
  });
}

}  // namespace

void add_reference_arrange(Backend& backend) {
  backend.add<ConcatDesc>({"reference", [](const ConcatDesc&) { return kAccepted; }, run_concat});
  backend.add<UpsampleDesc>({"reference", [](const UpsampleDesc&) { return kAccepted; }, run_upsample});
  backend.add<EmbeddingDesc>({"reference", [](const EmbeddingDesc&) { return kAccepted; }, run_embedding});
  backend.add<TransposeDesc>({"reference", [](const TransposeDesc&) { return kAccepted; }, run_transpose});
}

}  // namespace pxf
