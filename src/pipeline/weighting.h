// What the weights of a prompt do to its encoding, row by row. Pure functions; text/prompt_chunks.h has the formulas.
#pragma once

#include <span>

namespace pxf {

/// A1111: each place times its weight, then the whole row scaled so that its mean is what it was. `row` (places,
/// width).
void weigh_as_a1111(std::span<float> row, std::span<const double> weights);

/// ComfyUI: from the encoding of an empty prompt, `empty`, so far towards this one.
void weigh_as_comfy(std::span<float> row, std::span<const double> weights, std::span<const float> empty);

}  // namespace pxf
