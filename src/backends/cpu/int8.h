// Products of 8-bit integers: activations of each row (token, pixel) measured and rounded on the fly, weights once for
// each output channel, sums in 32-bit integers, the rest in f32. Jacob et al. 2018, "Quantization and Training of
// Neural Networks for Efficient Integer-Arithmetic-Only Inference"; scales by row as in Dettmers et al. 2022,
// "LLM.int8()".
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "ops/context.h"
#include "ops/weight.h"
#include "tensor/buffer.h"

namespace pxf {

/// How a row of `depth` numbers is cut: each part has a range of its own, so that a few large numbers coarsen their
/// part alone.
struct Int8Parts {
  explicit Int8Parts(std::int64_t depth);
  std::int64_t count;   // of parts
  std::int64_t each;    // numbers in all but the last; a multiple of 4
  std::int64_t padded;  // depth, filled up to a multiple of 4
  std::int64_t begin(std::int64_t part) const { return part * each; }
  std::int64_t size(std::int64_t part) const { return part + 1 < count ? each : padded - begin(part); }
};

/// A weight (columns, depth, taps...) as panels of bytes: panel, tap, four rows of depth, column, the four.
struct Int8Panels {
  std::shared_ptr<const Buffer> memory;
  std::int64_t taps = 1, depth = 0, columns = 0, width = 0;

  std::int64_t count() const { return (columns + width - 1) / width; }
  std::size_t bytes() const;
  /// Where in the memory they begin: a panel's bytes from a row of a tap on; the sum of each of its columns over a part
  /// of a tap's rows, f32; what each column's bytes are to be multiplied by, f32.
  std::size_t panel_at(std::int64_t i, std::int64_t tap, std::int64_t row) const;
  std::size_t sums_at(std::int64_t i, std::int64_t tap, std::int64_t part) const;
  std::size_t scales_at(std::int64_t i) const;

  template <class T>
  const T* at(std::size_t offset) const {
    return reinterpret_cast<const T*>(memory->data() + offset);
  }
};

/// Made once a weight and kept by it.
const Int8Panels& int8_panels(Context& ctx, const Weight& weight);

struct Int8Product {
  const float* src;  // (src_rows, b.depth)
  std::int64_t src_rows;
  std::int64_t rows;
  const Int8Panels& b;
  const Weight* bias;  // or null
  float* dst;          // (rows, b.columns), or half as many if gated
  /// Writes which row of src row r takes for each tap: to[tap * stride]; src_rows stands for zeros. From many threads.
  std::function<void(std::int64_t r, std::int64_t* to, std::int64_t stride)> locate;
  bool gated = false;  // dst = first half of the columns * gelu(second half)
};

/// dst = A B + bias, A given by `locate`.
void multiply_int8(Context& ctx, const Int8Product& p);

}  // namespace pxf
