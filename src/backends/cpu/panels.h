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
/// when it is multiplied, which many rows share, and memory is read half as often. Linear weights in blocks (GGUF's
/// types) are not packed at all: a slice is decoded from the file's own bytes.
struct Panels {
  std::shared_ptr<const Buffer> memory;
  DType type = DType::f32;  // or f16, bf16; a block type: there is no memory
  std::int64_t taps = 1, depth = 0, columns = 0, width = 0;

  std::int64_t count() const { return (columns + width - 1) / width; }
  bool is_packed() const { return !is_block_type(type); }
  std::size_t bytes() const { return static_cast<std::size_t>(count() * width * taps * depth) * size_of(type); }
  /// Row k of tap `tap` of panel i, and all that follow.
  const std::byte* row(std::int64_t i, std::int64_t tap, std::int64_t k) const {
    return memory->data() + static_cast<std::size_t>(((i * taps + tap) * depth + k) * width) * size_of(type);
  }
};

/// Of (columns, depth, taps...): linear weights have one tap, convolutions kh * kw. What is packed is so once, and kept
/// by the weight.
Panels panels_of(Context& ctx, const Weight& weight);
/// The same, packed whatever the type.
const Panels& packed_panels(Context& ctx, const Weight& weight);

struct PanelProduct {
  std::int64_t rows;
  const Weight& weight;
  const Panels& b;     // its
  const Weight* bias;  // or null
  float* dst;          // (rows, b.columns), or half as many if gated
  /// Writes where row r begins for each tap: to[tap * stride]. Called from many threads.
  std::function<void(std::int64_t r, const float** to, std::int64_t stride)> locate;
  bool gated = false;  // dst = first half of the columns * gelu(second half)
};

/// Whether the halves of a gated layer's columns begin with panels.
bool halves_are_panels(std::int64_t columns);

/// dst = A B + bias, A given by `locate`.
void multiply_panels(Context& ctx, const PanelProduct& p);

}  // namespace pxf
