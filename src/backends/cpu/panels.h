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
/// panel after panel, each row after row.
struct Panels {
  std::shared_ptr<const Buffer> memory;
  std::int64_t taps = 1, depth = 0, columns = 0, width = 0;

  std::int64_t count() const { return (columns + width - 1) / width; }
  std::size_t bytes() const { return static_cast<std::size_t>(count() * width * taps * depth) * sizeof(float); }
  const float* panel(std::int64_t i) const {
    return reinterpret_cast<const float*>(memory->data()) + i * taps * depth * width;
  }
};

/// Packs (columns, depth, taps...): linear weights have one tap, convolutions kh * kw. Made once a weight and kept by
/// it.
const Panels& packed_panels(Context& ctx, const Weight& weight);

/// Elements [begin, begin + out.size()) of a weight as f32, by vector instructions where the type has them.
void read_weight(const Weight& weight, std::int64_t begin, std::span<float> out);

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
