// Transformer blocks made worse on purpose, for guidance to lead away from.
#pragma once

#include <cstdint>
#include <functional>
#include <span>

#include "models/parts.h"
#include "models/unet/transformer.h"

namespace pxf::unet {

/// The block on a batch whose rows are perturbed where `rows` has a perturbation for block `number`, and are `plain` of
/// themselves and their context where it has none; x (B, N, C).
Tensor with_perturbed_rows(const TransformerBlock& block, std::size_t number, const Tensor& x, const Tensor& context,
                           const Sides& sides, std::span<const Perturbation* const> rows,
                           const std::function<Tensor(const Tensor&, const Tensor&)>& plain);

/// Rows of a map of these sides, (B, height * width, C), with a Gaussian over it, mirrored at the borders. `sigma` in
/// places; above 9999: the mean of all. Hong 2024, "Smoothed Energy Guidance", section 4; kernel as in its code.
Tensor gaussian_blur(const Tensor& x, const Sides& sides, double sigma);

}  // namespace pxf::unet
