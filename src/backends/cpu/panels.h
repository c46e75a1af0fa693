// A weight as the tile kernels want it, and the loop over tiles that linear layers and convolutions share.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include "ops/context.h"
#include "ops/weight.h"
#include "tensor/buffer.h"

namespace pxf {

/// B (taps * depth rows, `columns` columns) cut into panels of `width` columns, the last one filled up with zeros:
/// panel after panel, each row after row. Elements stay halves where the file has halves: a slice of a panel is widened
/// when it is multiplied, which many rows share, and memory is read half as often.
struct Panels {
  std::shared_ptr<const Buffer> memory;
  DType type = DType::f32;  // or f16, bf16
  std::int64_t taps = 1, depth = 0, columns = 0, width = 0;

  std::int64_t count() const { return (columns + width - 1) / width; }
  std::size_t bytes() const { return static_cast<std::size_t>(count() * width * taps * depth) * size_of(type); }
  /// Row k of tap `tap` of panel i, and all that follow.
  const std::byte* row(std::int64_t i, std::int64_t tap, std::int64_t k) const {
    return memory->data() + static_cast<std::size_t>(((i * taps + tap) * depth + k) * width) * size_of(type);
  }
};

/// Packs (columns, depth, taps...): linear weights have one tap, convolutions kh * kw. Made once a weight and kept by
/// it.
const Panels& packed_panels(Context& ctx, const Weight& weight);
/// How panels hold elements of this type.
DType panel_type(DType of_weight);

struct PanelProduct {
  std::int64_t rows;
  const Panels& b;
  const Weight* bias;  // or null
  float* dst;          // (rows, b.columns)
  /// Writes where row r begins for each tap: to[tap * stride]. Called from many threads.
  std::function<void(std::int64_t r, const float** to, std::int64_t stride)> locate;
};

/// dst = A B + bias, A given by `locate`.
void multiply_panels(Context& ctx, const PanelProduct& p);

}  // namespace pxf
